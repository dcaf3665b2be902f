import type { Licence } from '../../shared/domain/model';

/** In our own words; the link leads to the text that counts. */
export const NVIDIA_SEGFORMER: Licence = {
  name: 'NVIDIA Source Code License for SegFormer',
  url: 'https://github.com/NVlabs/SegFormer/blob/master/LICENSE',
  text:
    "These weights are NVIDIA's, converted to ONNX by a third party. NVIDIA allows their use for research and " +
    'evaluation only, not in a product or for any other commercial purpose, and passes the same limits on to whatever ' +
    'is derived from them. The datasets they were trained on have terms of their own. This is a summary and no legal ' +
    'advice: read the licence itself before you go on.',
};

/** For a repository that the catalogue does not know. */
export function unknownLicence(page: string): Licence {
  return {
    name: 'Not known to the studio',
    url: page,
    text: `The licence of this model stands on its page. Read it there before you go on; you use the model under its terms.`,
  };
}

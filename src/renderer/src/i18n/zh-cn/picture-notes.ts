/** What is told of pictures, by the note's code; as `model-warnings.ts` does it of models. */
export const pictureNotes: Readonly<Record<string, readonly string[]>> = {
  'bits-reduced': ['每通道 {{bits}} 位已减为 8 位。'],
  'cmyk-converted': ['CMYK 已转换为 sRGB。'],
  'first-frame-only': ['共 {{frames}} 帧或页，只使用第一个。'],
  'on-white': ['透明部分以白色为底。'],
};

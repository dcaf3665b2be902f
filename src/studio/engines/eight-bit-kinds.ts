import { openModel } from '../../onnx/model';
import type { Graph } from '../../onnx/graph';
import { DEFAULT_KINDS } from '../../quantization/quantize-model';
import type { SiteKind } from '../../quantization/sites';
import { findSites, SITE_KINDS } from '../../quantization/sites';

/** By the content of the network's file. */
const known = new Map<string, readonly SiteKind[]>();

/**
 * What a network computes in 8 bits on a GPU unless something else is asked for. Convolutions only where there is nothing
 * else: beside linear layers those of a SegFormer lost more time than they won on an H200.
 */
export function kindsOfGraph(graph: Graph): readonly SiteKind[] {
  const hasLinear = findSites(graph).some(({ kind }) => kind === 'linear');
  return SITE_KINDS.filter((kind) => DEFAULT_KINDS[kind] && !(hasLinear && kind === 'convolution'));
}

/** {@link kindsOfGraph} of a file with this hash; read once. @throws AppError ONNX_… */
export async function kindsOfFile(path: string, sha256: string): Promise<readonly SiteKind[]> {
  const before = known.get(sha256);
  if (before !== undefined) return before;
  const model = await openModel(path);
  try {
    const kinds = kindsOfGraph(model.graph);
    known.set(sha256, kinds);
    return kinds;
  } finally {
    model.close();
  }
}

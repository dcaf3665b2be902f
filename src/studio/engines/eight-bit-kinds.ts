import { openModel } from '../../onnx/model';
import type { Graph } from '../../onnx/graph';
import { DEFAULT_KINDS } from '../../quantization/quantize-model';
import type { SiteKind } from '../../quantization/sites';
import { findSites, SITE_KINDS } from '../../quantization/sites';

/**
 * What one on a processor does: ONNX Runtime has no integer kernel for a convolution that gives floats, and what goes to
 * and fro around it costs a tenth of the time.
 */
export const PROCESSOR_KINDS: readonly SiteKind[] = ['linear'];

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

/** How many layers of each kind a graph has. */
export function countKinds(graph: Graph): ReadonlyMap<SiteKind, number> {
  const counts = new Map<SiteKind, number>();
  for (const { kind } of findSites(graph)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
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

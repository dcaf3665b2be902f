import type { NodeProto } from '../onnx/generated/onnx_pb';
import { inferShapes } from '../onnx/infer-shapes';
import type { OnnxModel } from '../onnx/model';
import { isOp } from '../onnx/node';
import { imageInputOf } from '../onnx/verify/samples';
import { findSites } from './sites';
import type { SiteKind } from './sites';

/**
 * What part of the multiplications of all sites each block has, 0 to 1: an estimate of what quantising it gains, where
 * nothing was measured. A device may be bound by memory instead; then it is wrong.
 *
 * @param kinds of layers that would be quantised
 */
export function workShares(
  model: OnnxModel,
  kinds: readonly SiteKind[],
  wanted: { readonly height?: number; readonly width?: number } = {},
): Map<string, number> {
  const { graph } = model;
  const image = imageInputOf(model);
  const [height, width] = [image?.height ?? wanted.height ?? 512, image?.width ?? wanted.width ?? 512];
  const dims = image?.layout === 'NHWC' ? [1, height, width, image.channels] : [1, image?.channels ?? 3, height, width];
  const shapes = inferShapes(graph, image === undefined ? {} : { inputs: new Map([[image.name, dims]]) });
  const numbers = (value: string | undefined): number[] =>
    (shapes.dims(value) ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
  const shares = new Map<string, number>();
  let total = 0;
  for (const site of findSites(graph)) {
    if (!kinds.includes(site.kind)) continue;
    const work = multiplications(site.node, numbers);
    shares.set(site.block, (shares.get(site.block) ?? 0) + work);
    total += work;
  }
  for (const [block, work] of shares) shares.set(block, total === 0 ? 1 / shares.size : work / total);
  return shares;
}

function multiplications(node: NodeProto, dims: (value: string | undefined) => number[]): number {
  const product = (values: readonly number[]): number => values.reduce((result, value) => result * value, 1);
  const results = product(dims(node.output[0]));
  if (isOp(node, 'Conv')) return results * product(dims(node.input[1]).slice(1));
  if (isOp(node, 'MatMul')) return results * (dims(node.input[0]).at(-1) ?? 1);
  return isOp(node, 'Gemm') ? results * (dims(node.input[0])[1] ?? 1) : results;
}

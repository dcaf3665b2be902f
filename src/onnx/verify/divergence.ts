import { create } from '@bufbuild/protobuf';
import { copyModel } from '../copy';
import { isFloatType, packedByteLength } from '../data-type';
import { ValueInfoProtoSchema } from '../generated/onnx_pb';
import { inferShapes } from '../infer-shapes';
import type { ShapeTable } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { nodeLabel } from '../node';
import type { Tolerance } from '../pass';
import { difference } from './metrics';
import type { Difference } from './metrics';
import { ModelRunner } from './runner';
import { feedsFor, sampleSize } from './samples';
import type { PixelForm, Sample } from './samples';

/** Where two models part. */
export interface Divergence {
  readonly value: string;
  /** The reference's node that makes it. */
  readonly node: string;
  readonly opType: string;
  readonly difference: Difference;
}

/** Inner values are fetched in portions of about this size. */
const PORTION_BYTES = 256 * 1024 * 1024;

/**
 * The first value, in the reference's order, that both models name alike and that differs by more than the tolerance.
 * Inner values are exposed as outputs, portion by portion. Undefined when none does.
 */
export async function findDivergence(
  reference: OnnxModel,
  other: OnnxModel,
  sample: Sample,
  form: PixelForm,
  tolerance: Tolerance,
): Promise<Divergence | undefined> {
  for (const portion of portions(reference, other, sample)) {
    const left = await runExposed(reference, portion, sample, form);
    const right = await runExposed(other, portion, sample, form);
    for (const value of portion) {
      const [expected, actual] = [left.get(value), right.get(value)];
      if (expected === undefined || actual === undefined || expected.data.length !== actual.data.length) continue;
      const found = difference(expected.data, actual.data);
      if (found.maxRelative <= tolerance.relative && found.notFinite === 0) continue;
      const node = reference.graph.producer(value);
      return {
        value,
        node: node === undefined ? '' : nodeLabel(node),
        opType: node?.opType ?? '',
        difference: found,
      };
    }
  }
  return undefined;
}

function portions(reference: OnnxModel, other: OnnxModel, sample: Sample): string[][] {
  const shapes = shapesAt(reference, sample);
  reference.graph.sort();
  const groups: string[][] = [];
  let room = 0;
  for (const value of reference.graph.nodes.flatMap(({ output }) => output)) {
    const isShared = value !== '' && other.graph.producer(value) !== undefined;
    if (!isShared || !isFloatType(shapes.elementType(value)) || reference.graph.isConstant(value)) continue;
    const bytes = byteLength(shapes, value);
    if (bytes > room || groups.length === 0) {
      groups.push([]);
      room = PORTION_BYTES;
    }
    groups.at(-1)?.push(value);
    room -= bytes;
  }
  return groups;
}

function shapesAt(model: OnnxModel, sample: Sample): ShapeTable {
  const [image] = model.graph.inputs;
  const { batch } = sampleSize(model, sample);
  const nominal = [batch, 3, sample.height, sample.width];
  return inferShapes(model.graph, { inputs: new Map(image === undefined ? [] : [[image.name, nominal]]) });
}

function byteLength(shapes: ShapeTable, value: string): number {
  const type = shapes.type(value);
  let count = 1;
  for (const dim of type?.dims ?? []) count *= typeof dim === 'number' ? dim : 1;
  return packedByteLength(type?.type ?? 1, count) ?? 0;
}

async function runExposed(
  model: OnnxModel,
  values: readonly string[],
  sample: Sample,
  form: PixelForm,
): ReturnType<ModelRunner['run']> {
  const copy = copyModel(model);
  const { graph } = copy;
  for (const value of values) {
    // The runtime infers the type by itself.
    if (!graph.isOutput(value)) graph.exposeValue(create(ValueInfoProtoSchema, { name: value }));
  }
  const runner = await ModelRunner.open(copy);
  try {
    return await runner.run(await feedsFor(runner.model, sample, form, sampleSize(runner.model).batch), values);
  } finally {
    await runner.close();
  }
}

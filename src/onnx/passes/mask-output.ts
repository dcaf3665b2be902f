import { AppError } from '../../shared/app-error';
import { add, addBilinearResize, addCast, addIntegers, addReduce, addSlice, addSqueeze } from '../build';
import { DataType } from '../data-type';
import { describeIo, METADATA_PROBABILITY_OUTPUT, METADATA_SIZE_INPUT } from '../describe-io';
import type { ModelIo } from '../describe-io';
import type { Graph } from '../graph';
import type { OnnxModel } from '../model';
import { nodeLabel } from '../node';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import type { DeclaredDim } from '../value-type';
import { readDeclaredType } from '../value-type';

export interface MaskOutputOptions {
  /**
   * Size of the mask: fixed; that of the network's image input (`input`); that of the logits (`logits`); or told at each
   * run by an int64 [2] input of height and width, `mask_size` (`from-input`).
   */
  readonly size: { readonly height: number; readonly width: number } | 'input' | 'logits' | 'from-input';
  /** Also gives the winning class's softmax probability, float32 [N, H, W], as the output `probability`. */
  readonly probability?: boolean;
  /** Keeps the logits as an output too. */
  readonly keepLogits?: boolean;
  /** Which output holds the logits; by default what {@link describeIo} finds. */
  readonly output?: string;
  /** `auto`: uint8, uint16 when there are more than 255 classes. TensorRT knows no uint16: ask for int32 there. */
  readonly idType?: 'auto' | 'uint8' | 'uint16' | 'int32';
}

const ID_TYPES = { uint8: DataType.UINT8, uint16: DataType.UINT16, int32: DataType.INT32 } as const;

/**
 * Ends the network in class ids: logits are resized bilinearly (pixel centres, as PyTorch with align_corners=False) and
 * the winning class of each pixel is written as `mask` [N, H, W], so that a byte a pixel leaves the device instead of
 * one float a pixel and class.
 *
 * @throws ONNX_OUTPUT_UNSUPPORTED, ONNX_OPSET_UNSUPPORTED (a resize needs operator set 11).
 */
export function maskOutput(options: MaskOutputOptions): Pass<ModelIo> {
  return {
    name: 'mask-output',
    summary:
      'Ends the network in a mask: logits are resized and the winning class of each pixel is chosen in the graph.',
    // Class ids, so there is no small difference: the mask is that of the resized logits.
    tolerance: { relative: 0 },
    match: (model) => findOutput(model, options),
    apply: (model, findings) => {
      for (const { data } of findings) appendMask(model, data, options);
    },
  };
}

function findOutput(model: OnnxModel, options: MaskOutputOptions): Finding<ModelIo>[] {
  const io = describeIo(model, options.output);
  const declared = declaredDims(model, io);
  if (io.output.kind === 'class-ids') {
    const wanted = idType(io, options);
    const type = readDeclaredType(outputInfo(model, io)?.type)?.type;
    if (type === wanted && declared?.length === 3) return [];
  }
  const source = model.graph.producer(io.output.name);
  const reason =
    io.output.kind === 'logits'
      ? because(
          'gives-scores',
          'The network gives scores for every class; choosing the winner in the graph moves far fewer bytes to the program.',
        )
      : because(
          'gives-wide-ids',
          'The network gives class ids in a wide type; a narrow one moves fewer bytes to the program.',
        );
  return [
    {
      pass: 'mask-output',
      nodes: source === undefined ? [] : [nodeLabel(source)],
      ...reason,
      ...(declared === undefined ? {} : { before: `[${declared.map((dim) => dim ?? '?').join(', ')}]` }),
      after: `[${maskDims(model, io, options)
        .map((dim) => dim ?? '?')
        .join(', ')}]`,
      data: io,
    },
  ];
}

function appendMask(model: OnnxModel, io: ModelIo, options: MaskOutputOptions): void {
  const { graph } = model;
  const dims = maskDims(model, io, options);
  const result = { name: graph.uniqueName('mask'), type: idType(io, options), dims };
  if (io.output.kind === 'class-ids') narrowIds(model, io, result);
  else {
    const logits = resizedLogits(model, io, options);
    const winner = add(graph, 'ArgMax', [logits], { axis: 1, keepdims: 0 });
    addCast(graph, winner, result.type, { output: result.name });
    const position = graph.outputs.findIndex(({ name }) => name === io.output.name);
    if (options.keepLogits !== true) graph.removeOutput(io.output.name);
    graph.addOutput(result.name, result.type, result.dims, position);
    if (options.probability === true) addProbability(model, logits, dims);
  }
}

function narrowIds(
  model: OnnxModel,
  io: ModelIo,
  result: { name: string; type: DataType; dims: readonly DeclaredDim[] },
): void {
  const { graph } = model;
  const declared = declaredDims(model, io);
  let ids = io.output.name;
  if (declared?.length === 4) ids = addSqueeze(graph, ids, [declared[1] === 1 ? 1 : 3]);
  addCast(graph, ids, result.type, { output: result.name });
  const position = graph.outputs.findIndex(({ name }) => name === io.output.name);
  graph.removeOutput(io.output.name);
  graph.addOutput(result.name, result.type, result.dims, position);
}

/** [N, C, H, W] at the mask's size. */
function resizedLogits(model: OnnxModel, io: ModelIo, options: MaskOutputOptions): string {
  const { graph } = model;
  const isNhwc = io.output.layout === 'NHWC';
  const logits = isNhwc ? add(graph, 'Transpose', [io.output.name], { perm: [0, 3, 1, 2] }) : io.output.name;
  if (options.size === 'logits') return logits;
  if (io.opset < 11) {
    throw new AppError(
      'ONNX_OPSET_UNSUPPORTED',
      `${model.fileName} uses operator set ${io.opset}; resizing as the network was trained needs 11.`,
      { hint: 'Export the model again at opset 17.', details: { opset: io.opset } },
    );
  }
  return addBilinearResize(graph, logits, targetSizes(model, io, options, logits));
}

/** int64 [4]: the sizes to resize to. */
function targetSizes(model: OnnxModel, io: ModelIo, options: MaskOutputOptions, logits: string): string {
  const { graph } = model;
  const dims = declaredDims(model, io);
  const [batch] = dims ?? [];
  const [, height, width] = maskDims(model, io, options);
  const { classes } = io.output;
  if (typeof batch === 'number' && classes !== null && typeof height === 'number' && typeof width === 'number') {
    return addIntegers(graph, 'maskforge/sizes', [batch, classes, height, width]);
  }
  const outer = addSlice(graph, add(graph, 'Shape', [logits]), { axis: 0, start: 0, end: 2 });
  return add(graph, 'Concat', [outer, spatialSize(model, io, options.size)], { axis: 0 });
}

/** int64 [2]: height and width of the mask. */
function spatialSize(model: OnnxModel, io: ModelIo, size: MaskOutputOptions['size']): string {
  const { graph } = model;
  if (size === 'from-input') {
    const name = graph.uniqueName('mask_size');
    graph.addInput(name, DataType.INT64, [2]);
    model.setMetadata(METADATA_SIZE_INPUT, name);
    return name;
  }
  if (typeof size === 'object') return addIntegers(graph, 'maskforge/mask_size', [size.height, size.width]);
  const start = io.input.layout === 'NCHW' ? 2 : 1;
  return addSlice(graph, add(graph, 'Shape', [io.input.name]), { axis: 0, start, end: start + 2 });
}

/**
 * softmax at the winner is 1 / Σ exp(x − max): written out, since Softmax before operator set 13 flattens what follows
 * its axis.
 */
function addProbability(model: OnnxModel, logits: string, dims: readonly DeclaredDim[]): void {
  const { graph } = model;
  const values = addCast(graph, logits, DataType.FLOAT);
  const largest = addReduce(graph, 'ReduceMax', values, [1], true);
  const exponentials = add(graph, 'Exp', [add(graph, 'Sub', [values, largest])]);
  const name = graph.uniqueName('probability');
  add(graph, 'Reciprocal', [addReduce(graph, 'ReduceSum', exponentials, [1], false)], {}, { output: name });
  graph.addOutput(name, DataType.FLOAT, dims);
  model.setMetadata(METADATA_PROBABILITY_OUTPUT, name);
}

/** [N, H, W] as far as it is known. */
function maskDims(model: OnnxModel, io: ModelIo, options: MaskOutputOptions): DeclaredDim[] {
  const output = declaredDims(model, io) ?? [];
  const { size } = options;
  const batch = output[0];
  if (io.output.kind === 'class-ids') return output.length === 3 ? [...output] : [batch, ...idsSpatial(output)];
  if (size === 'from-input') return [batch, 'mask_height', 'mask_width'];
  if (typeof size === 'object') return [batch, size.height, size.width];
  if (size === 'logits') return [batch, ...(io.output.layout === 'NHWC' ? output.slice(1, 3) : output.slice(2, 4))];
  const input = readDeclaredType(imageInfo(model.graph, io)?.type)?.dims ?? [];
  return [batch, ...(io.input.layout === 'NCHW' ? input.slice(2, 4) : input.slice(1, 3))];
}

function idsSpatial(dims: readonly DeclaredDim[]): DeclaredDim[] {
  return dims[1] === 1 ? dims.slice(2, 4) : dims.slice(1, 3);
}

function idType(io: ModelIo, options: MaskOutputOptions): DataType {
  const wanted = options.idType ?? 'auto';
  if (wanted !== 'auto') return ID_TYPES[wanted];
  const { classes } = io.output;
  // An unknown number of classes gets the type that cannot overflow.
  if (classes === null) return io.output.kind === 'logits' ? DataType.UINT16 : DataType.UINT8;
  return classes > 255 ? DataType.UINT16 : DataType.UINT8;
}

function declaredDims(model: OnnxModel, io: ModelIo): readonly DeclaredDim[] | undefined {
  return readDeclaredType(outputInfo(model, io)?.type)?.dims;
}

function outputInfo(model: OnnxModel, io: ModelIo): ReturnType<typeof imageInfo> {
  return model.graph.outputs.find(({ name }) => name === io.output.name);
}

function imageInfo(graph: Graph, io: ModelIo): Graph['inputs'][number] | undefined {
  return graph.inputs.find(({ name }) => name === io.input.name);
}

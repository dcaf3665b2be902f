import type { ErrorReport } from '../shared/app-error';
import { AppError } from '../shared/app-error';
import type { ModelInput, ModelOutput } from '../shared/domain/model';
import { remark } from '../shared/remark';
import { DataType, dataTypeFacts, dataTypeLabel } from './data-type';
import type { ValueInfoProto } from './generated/onnx_pb';
import { shapesOf } from './infer-shapes';
import type { OnnxModel } from './model';
import { isOp } from './node';
import type { DeclaredDim, DeclaredType } from './value-type';
import { readDeclaredType } from './value-type';

/** Metadata keys by which a model says what our own passes added to it. */
export const METADATA_SIZE_INPUT = 'maskforge.size_input';
export const METADATA_PROBABILITY_OUTPUT = 'maskforge.probability_output';

/** What a segmentation network takes and gives, as its file declares it. */
export interface ModelIo {
  readonly input: ModelInput;
  readonly output: ModelOutput;
  /** int64 [2]: height and width that the mask shall have; present after `mask-output` with a size from outside. */
  readonly sizeInput: string | undefined;
  /** float [N, H, W]: probability of the winning class; present when `mask-output` was asked for it. */
  readonly probabilityOutput: string | undefined;
  readonly irVersion: number;
  readonly opset: number;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** What was assumed. */
  readonly warnings: readonly ErrorReport[];
}

const INPUT_TYPES: Readonly<Record<number, ModelInput['type']>> = {
  [DataType.FLOAT]: 'float32',
  [DataType.FLOAT16]: 'float16',
  [DataType.UINT8]: 'uint8',
};

/**
 * @param outputName the output to use; by default the first that can be logits or class ids.
 * @throws ONNX_INPUT_COUNT (none, or more than the image), ONNX_INPUT_UNSUPPORTED (not a picture), ONNX_OUTPUT_UNSUPPORTED.
 */
export function describeIo(model: OnnxModel, outputName?: string): ModelIo {
  const warnings: ErrorReport[] = [];
  const input = describeInput(model, warnings);
  return {
    input,
    output: describeOutput(model, input, outputName, warnings),
    sizeInput: model.metadata(METADATA_SIZE_INPUT),
    probabilityOutput: model.metadata(METADATA_PROBABILITY_OUTPUT),
    irVersion: model.irVersion,
    opset: model.opset('') ?? 0,
    producer: [model.proto.producerName, model.proto.producerVersion].filter((part) => part !== '').join(' '),
    metadata: Object.fromEntries(model.proto.metadataProps.map(({ key, value }) => [key, value])),
    warnings,
  };
}

function describeInput(model: OnnxModel, warnings: ErrorReport[]): ModelInput {
  const sizeInput = model.metadata(METADATA_SIZE_INPUT);
  const inputs = model.graph.inputs.filter((input) => input.name !== sizeInput);
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw new AppError(
      'ONNX_INPUT_COUNT',
      `${model.fileName} has ${inputs.length === 0 ? 'no input' : `${inputs.length} inputs`}` +
        `${inputs.length === 0 ? '' : ` (${inputs.map(({ name }) => name).join(', ')})`}; one image input is needed.`,
      { hint: 'Export the network so that it takes one batch of pictures.', details: { inputs: inputs.length } },
    );
  }
  const declared = readDeclaredType(input.type);
  const type = declared === undefined ? undefined : INPUT_TYPES[declared.type];
  if (declared === undefined || type === undefined) {
    throw inputUnsupported(
      model,
      input,
      `holds ${declared === undefined ? 'no tensor' : dataTypeLabel(declared.type)}`,
    );
  }
  const dims = declared.dims;
  if (dims === undefined || dims.length !== 4) {
    throw inputUnsupported(
      model,
      input,
      dims === undefined ? 'has no declared shape' : `has ${dims.length} dimensions`,
    );
  }
  const layout = inputLayout(model, input, dims, warnings);
  const [batch, first, second, third] = dims;
  const [channels, height, width] = layout === 'NCHW' ? [first, second, third] : [third, first, second];
  return {
    name: input.name,
    layout,
    type,
    batch: size(batch),
    channels: channels === 1 ? 1 : 3,
    height: size(height),
    width: size(width),
  };
}

function inputLayout(
  model: OnnxModel,
  input: ValueInfoProto,
  dims: readonly DeclaredDim[],
  warnings: ErrorReport[],
): 'NCHW' | 'NHWC' {
  const isChannels = (dim: DeclaredDim): boolean => dim === 3 || dim === 1;
  if (dims[1] === 3) return 'NCHW';
  if (dims[3] === 3) return 'NHWC';
  if (isChannels(dims[1])) return 'NCHW';
  if (isChannels(dims[3])) return 'NHWC';
  if (typeof dims[1] === 'number') {
    const [, one, , three] = dims;
    const where = typeof three === 'number' ? `${one} or ${three}` : `${one}`;
    throw inputUnsupported(model, input, `has ${where} channels`);
  }
  const direct = model.graph.consumers(input.name).find((node) => isOp(node, 'Conv'));
  const inChannels = Number(model.graph.initializers.get(direct?.input[1] ?? '')?.dims[1] ?? 3n);
  if (inChannels !== 3 && inChannels !== 1) throw inputUnsupported(model, input, `has ${inChannels} channels`);
  warnings.push(
    remark(
      'layout-assumed',
      'The input does not say which dimension holds the channels; the order batch, channels, height, width is assumed.',
    ),
  );
  return 'NCHW';
}

function inputUnsupported(model: OnnxModel, input: ValueInfoProto, what: string): AppError {
  return new AppError('ONNX_INPUT_UNSUPPORTED', `${model.fileName}: the input ${input.name} ${what}.`, {
    hint: 'A picture is needed: four dimensions, one or three channels, float32, float16 or uint8.',
    details: { input: input.name },
  });
}

function describeOutput(
  model: OnnxModel,
  input: ModelInput,
  outputName: string | undefined,
  warnings: ErrorReport[],
): ModelOutput {
  const probability = model.metadata(METADATA_PROBABILITY_OUTPUT);
  const candidates = model.graph.outputs.filter(
    ({ name }) => name !== probability && (outputName === undefined || name === outputName),
  );
  for (const output of candidates) {
    const declared = outputType(model, output);
    const described = declared === undefined ? undefined : interpretOutput(output.name, declared, input);
    if (described === undefined) continue;
    const others = model.graph.outputs.filter(({ name }) => name !== output.name && name !== probability);
    if (others.length > 0 && outputName === undefined) {
      const outputs = others.length + 1;
      warnings.push(
        remark('first-output', `Of ${outputs} outputs, ${output.name} is used.`, { outputs, output: output.name }),
      );
    }
    return described;
  }
  const seen = candidates.map(({ name, type }) => `${name} ${describeDeclared(readDeclaredType(type))}`).join(', ');
  throw new AppError(
    'ONNX_OUTPUT_UNSUPPORTED',
    `${model.fileName} gives neither logits nor class ids for each pixel: ${seen === '' ? 'no output' : seen}.`,
    { hint: 'Logits have four dimensions (batch, classes, height, width); class ids are whole numbers with three.' },
  );
}

/** As declared; where that leaves the number of classes open, what follows from the graph. */
function outputType(model: OnnxModel, output: ValueInfoProto): DeclaredType | undefined {
  const declared = readDeclaredType(output.type);
  const isOpen = declared?.dims === undefined || !declared.dims.slice(1).some((dim) => typeof dim === 'number');
  if (!isOpen || (output.type !== undefined && declared === undefined)) return declared;
  const inferred = shapesOf(model.graph).type(output.name);
  if (inferred?.dims === undefined) return declared;
  const names = declared?.dims?.length === inferred.dims.length ? declared.dims : [];
  const dims = inferred.dims.map((dim, axis): DeclaredDim => (typeof dim === 'number' ? dim : names[axis]));
  return { type: declared?.type ?? inferred.type, dims };
}

/** Undefined for what is neither logits nor class ids. */
function interpretOutput(name: string, declared: DeclaredType, input: ModelInput): ModelOutput | undefined {
  const { dims } = declared;
  const kind = dataTypeFacts(declared.type)?.kind;
  if (dims === undefined) return kind === 'float' ? { name, kind: 'logits', layout: 'NCHW', classes: null } : undefined;
  if (kind === 'int') {
    const ids = dims.length === 3 || (dims.length === 4 && (dims[1] === 1 || dims[3] === 1));
    return ids ? { name, kind: 'class-ids', classes: null } : undefined;
  }
  if (kind !== 'float' || dims.length !== 4) return undefined;
  const layout = outputLayout(dims, input);
  return { name, kind: 'logits', layout, classes: size(layout === 'NCHW' ? dims[1] : dims[3]) };
}

/** Channels last only where the sizes leave no other reading: NCHW is what nearly every exporter writes. */
function outputLayout(dims: readonly DeclaredDim[], input: ModelInput): 'NCHW' | 'NHWC' {
  const [, one, two, three] = dims;
  if (typeof one === 'number' && typeof two === 'number' && typeof three === 'number') {
    if (input.height === null || input.width === null) return 'NCHW';
    const fits = (height: number, width: number): boolean =>
      Math.abs(height / width - (input.height ?? 1) / (input.width ?? 1)) < 0.05 && height > 1;
    return !fits(two, three) && fits(one, two) ? 'NHWC' : 'NCHW';
  }
  return typeof one !== 'number' && typeof two !== 'number' && typeof three === 'number' ? 'NHWC' : 'NCHW';
}

function size(dim: DeclaredDim): number | null {
  return typeof dim === 'number' && dim > 0 ? dim : null;
}

function describeDeclared(declared: DeclaredType | undefined): string {
  if (declared === undefined) return '(no tensor)';
  return `(${dataTypeLabel(declared.type)} [${declared.dims?.map((dim) => dim ?? '?').join(', ') ?? '…'}])`;
}

import { AppError } from '../shared/app-error';
import { DataType, dataTypeLabel } from './data-type';
import { describeIo } from './describe-io';
import type { ModelIo } from './describe-io';
import type { ValueInfoProto } from './generated/onnx_pb';
import { countMacs } from './macs';
import type { MacReport } from './macs';
import type { OnnxModel } from './model';
import { countNodes, toFindingReport } from './pass';
import type { FindingReport, Pass } from './pass';
import { registeredPasses } from './passes/registry';
import { elementCount, tensorByteLength, tensorDims } from './tensor';
import { readDeclaredType } from './value-type';

export interface TensorReport {
  readonly name: string;
  readonly type: string;
  /** A number, a name for a size that varies, null for one that is not declared; null as a whole without a rank. */
  readonly dims: readonly (number | string | null)[] | null;
}

export interface PassFindings {
  readonly pass: string;
  readonly summary: string;
  readonly findings: readonly FindingReport[];
  /** Why the pass could not look, for instance an operator set that it does not know. */
  readonly problem?: string;
}

export interface Inspection {
  readonly file: string;
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly inputs: readonly TensorReport[];
  readonly outputs: readonly TensorReport[];
  /** What it means as a segmentation network; null when it is none, with the reason in `notSegmentation`. */
  readonly io: ModelIo | null;
  readonly notSegmentation: string | null;
  /** Without Constant nodes. */
  readonly nodes: number;
  /** Operator to count, most frequent first; other domains as `domain::Operator`. */
  readonly operators: Readonly<Record<string, number>>;
  readonly parameters: {
    readonly count: number;
    readonly bytes: number;
    readonly byType: Readonly<Record<string, number>>;
  };
  readonly functions: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly macs: MacReport | null;
  readonly passes: readonly PassFindings[];
}

export interface InspectOptions {
  /** For the count of operations, where the model leaves its size open. */
  readonly height?: number;
  readonly width?: number;
  readonly batch?: number;
  /** Asks every pass what it would do. Default true. */
  readonly findings?: boolean;
}

/** Changes nothing. */
export async function inspectModel(model: OnnxModel, options: InspectOptions = {}): Promise<Inspection> {
  const { graph, proto } = model;
  const io = segmentation(model);
  const passes: PassFindings[] = [];
  if (options.findings !== false) for (const pass of registeredPasses()) passes.push(await ask(model, pass));
  return {
    file: model.fileName,
    irVersion: model.irVersion,
    opsets: Object.fromEntries(proto.opsetImport.map(({ domain, version }) => [domain || 'ai.onnx', Number(version)])),
    producer: [proto.producerName, proto.producerVersion].filter((part) => part !== '').join(' '),
    inputs: graph.inputs.map(toTensorReport),
    outputs: graph.outputs.map(toTensorReport),
    io: typeof io === 'string' ? null : io,
    notSegmentation: typeof io === 'string' ? io : null,
    nodes: countNodes(model),
    operators: countOperators(model),
    parameters: countParameters(model),
    functions: proto.functions.length,
    metadata: Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value])),
    macs: countMacs(model, options) ?? null,
    passes,
  };
}

async function ask(model: OnnxModel, pass: Pass): Promise<PassFindings> {
  const { name, summary } = pass;
  try {
    return { pass: name, summary, findings: (await pass.match(model)).map(toFindingReport) };
  } catch (error) {
    if (error instanceof AppError) return { pass: name, summary, findings: [], problem: error.message };
    throw error;
  }
}

export function countOperators(model: OnnxModel): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { domain, opType } of model.graph.nodes) {
    if (opType === 'Constant') continue;
    const name = domain === '' || domain === 'ai.onnx' ? opType : `${domain}::${opType}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  return Object.fromEntries(sorted);
}

/** Elements and bytes of the weights: shapes and other integers of shape arithmetic are none. */
function countParameters(model: OnnxModel): Inspection['parameters'] {
  const byType = new Map<string, number>();
  let count = 0;
  let bytes = 0;
  for (const tensor of model.graph.initializers.values()) {
    if (tensor.dataType === DataType.INT64 || tensor.dataType === DataType.BOOL) continue;
    const elements = elementCount(tensorDims(tensor));
    const label = dataTypeLabel(tensor.dataType);
    byType.set(label, (byType.get(label) ?? 0) + elements);
    count += elements;
    bytes += tensorByteLength(tensor) ?? 0;
  }
  return { count, bytes, byType: Object.fromEntries(byType) };
}

function toTensorReport(info: ValueInfoProto): TensorReport {
  const declared = readDeclaredType(info.type);
  return {
    name: info.name,
    type: declared === undefined ? 'no tensor' : dataTypeLabel(declared.type),
    dims: declared?.dims?.map((dim) => dim ?? null) ?? null,
  };
}

function segmentation(model: OnnxModel): ModelIo | string {
  try {
    return describeIo(model);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

import { create, fromBinary } from '@bufbuild/protobuf';
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { AppError } from '../shared/app-error';
import { ExternalData } from './external-data';
import { ModelProtoSchema, OperatorSetIdProtoSchema } from './generated/onnx_pb';
import type { ModelProto } from './generated/onnx_pb';
import { Graph } from './graph';
import type { GraphHost } from './graph';
import { readWithoutWeights } from './lazy-read';
import { checkModel } from './model-check';
import { isStandardDomain, readProperty, writeProperty } from './node';
import { notOnnx, scanModelBytes } from './wire-scan';

/** What one protobuf message can hold; past it, weights lie in files of their own. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** An ONNX model in memory. Weights are views of the file's bytes, or are read from external files when asked for. */
export class OnnxModel implements GraphHost {
  readonly proto: ModelProto;
  /** Where it was opened from; undefined for one that came as bytes. */
  readonly path: string | undefined;
  /** For messages. */
  readonly fileName: string;
  readonly external: ExternalData;
  readonly graph: Graph;

  /** `external`: of the model that this one is made from, when both read the same files. */
  constructor(
    proto: ModelProto,
    options: { path?: string | undefined; fileName?: string | undefined; external?: ExternalData | undefined } = {},
  ) {
    this.proto = proto;
    this.path = options.path;
    this.fileName = options.fileName ?? (options.path === undefined ? 'the model' : basename(options.path));
    this.external = options.external ?? new ExternalData(options.path, this.fileName);
    if (proto.graph === undefined) throw new Error('a model needs a graph');
    this.graph = new Graph(proto.graph, this);
  }

  get irVersion(): number {
    return Number(this.proto.irVersion);
  }

  requireIrVersion(version: number): void {
    if (this.irVersion < version) this.proto.irVersion = BigInt(version);
  }

  opset(domain: string): number | undefined {
    const entry = this.proto.opsetImport.find((candidate) => sameDomain(candidate.domain, domain));
    return entry === undefined ? undefined : Number(entry.version);
  }

  /** Imports a domain, or raises its version. Raising ONNX's own may change what operators mean: converting is up to the caller. */
  setOpset(domain: string, version: number): void {
    const entry = this.proto.opsetImport.find((candidate) => sameDomain(candidate.domain, domain));
    if (entry === undefined) {
      this.proto.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }));
    } else entry.version = BigInt(version);
  }

  metadata(key: string): string | undefined {
    return readProperty(this.proto.metadataProps, key);
  }

  setMetadata(key: string, value: string): void {
    writeProperty(this.proto.metadataProps, key, value);
  }

  /** Closes external data files. The graph stays readable, but for weights that lie in them. */
  close(): void {
    this.external.close();
  }
}

export interface OpenOptions {
  /**
   * `view`: the whole file is read, and weights are views of its bytes. `lazy`: large weights stay in the file and are
   * read each time they are asked for, so that even the largest model takes little memory; the file must not change
   * while the model is open.
   */
  readonly weights?: 'view' | 'lazy';
}

/**
 * @throws FILE_NOT_FOUND, ONNX_EMPTY_FILE, ONNX_NOT_ONNX, ONNX_TRUNCATED, ONNX_INVALID, ONNX_TOO_LARGE, ONNX_TOO_COMPLEX,
 * and what {@link checkModel} throws.
 */
export async function openModel(path: string, options: OpenOptions = {}): Promise<OnnxModel> {
  const fileName = basename(path);
  await checkModelFile(path, fileName);
  // Weights are looked for beside the model, and a link's target lies elsewhere.
  if (options.weights === 'lazy' && (await realpath(path)) === resolve(path)) {
    const bytes = readWithoutWeights(path);
    if (bytes !== undefined) return modelFromBytes(bytes, { path, fileName });
  }
  const buffer = await readFile(path);
  return modelFromBytes(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength), { path, fileName });
}

/** As {@link openModel}, for bytes that are in memory; they must not change afterwards, since weights are views of them. */
export function modelFromBytes(
  bytes: Uint8Array,
  options: { path?: string | undefined; fileName?: string | undefined } = {},
): OnnxModel {
  const fileName = options.fileName ?? 'the model';
  scanModelBytes(bytes, fileName);
  const proto = parse(bytes, fileName);
  if (proto.graph === undefined) {
    if (proto.irVersion === 0n && proto.opsetImport.length === 0) throw notOnnx(fileName);
    throw new AppError('ONNX_TRUNCATED', `${fileName} has no graph: the file is incomplete.`, {
      hint: 'Copy or export the model again.',
    });
  }
  if (proto.irVersion === 0n && proto.opsetImport.length === 0 && proto.graph.node.length === 0)
    throw notOnnx(fileName);
  const model = new OnnxModel(proto, options);
  try {
    checkModel(model);
  } catch (error) {
    model.close();
    throw error;
  }
  return model;
}

function parse(bytes: Uint8Array, fileName: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new AppError('ONNX_INVALID', `${fileName} is damaged: it cannot be read as an ONNX model.`, {
      hint: 'Copy or export the model again.',
      cause,
    });
  }
}

async function checkModelFile(path: string, fileName: string): Promise<void> {
  let size: number;
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw new AppError('FILE_NOT_FOUND', `${path} is no file.`, { hint: 'Choose an .onnx file.' });
    size = facts.size;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('FILE_NOT_FOUND', `${path} could not be opened.`, {
      hint: 'Check the path and that you may read the file.',
      cause,
    });
  }
  if (size > MAX_FILE_BYTES) {
    throw new AppError('ONNX_TOO_LARGE', `${fileName} has ${size} bytes; one ONNX file holds at most 2 GiB.`, {
      hint: 'Save the model with external data, so that its weights lie in a file beside it.',
    });
  }
}

function sameDomain(one: string, other: string): boolean {
  return one === other || (isStandardDomain(one) && isStandardDomain(other));
}

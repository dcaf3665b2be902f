import { create, toBinary } from '@bufbuild/protobuf';
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../shared/app-error';
import { shallowCopy } from './copy';
import type { ExternalData } from './external-data';
import { isExternal } from './external-data';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProtoSchema,
} from './generated/onnx_pb';
import type { ModelProto, TensorProto } from './generated/onnx_pb';
import type { OnnxModel } from './model';
import { readProperty } from './node';
import { tensorByteLength } from './tensor';
import { varint } from './wire-varint';

/** Inline weights beyond this go to a file of their own; a protobuf message ends at 2 GiB. */
const MAX_INLINE_BYTES = 1.9 * 2 ** 30;
/** External weights start at page borders, so that a runtime can map them. */
const EXTERNAL_ALIGNMENT = 4096;
const MIN_EXTERNAL_BYTES = 1024;

const MODEL_GRAPH_TAG = (7 << 3) | 2;
const GRAPH_INITIALIZER_TAG = (5 << 3) | 2;
const TENSOR_RAW_DATA_TAG = (9 << 3) | 2;

export interface SaveOptions {
  /**
   * `auto`: as the model was opened (a model with external data keeps it external), external when it would not fit
   * into one file. External weights go to `<file>.data` beside the model.
   */
  readonly weights?: 'auto' | 'inline' | 'external';
}

/** The file's content with all weights inline. @throws ONNX_TOO_LARGE past 2 GiB. */
export function modelToBytes(model: OnnxModel): Uint8Array {
  model.graph.flush();
  const parts = [...inlineParts(model.proto, model.external)];
  const length = totalLength(parts);
  if (length > MAX_INLINE_BYTES) throw tooLarge(model.fileName, length);
  const bytes = new Uint8Array(length);
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

/**
 * Writes the model beside its destination and moves it there when it is complete: whoever reads the path sees the old
 * file or the new one. Weights are handed to the file one by one and never gathered in memory.
 *
 * @throws FILE_NOT_WRITABLE, ONNX_TOO_LARGE, ONNX_EXTERNAL_… when weights cannot be read.
 */
export async function saveModel(model: OnnxModel, path: string, options: SaveOptions = {}): Promise<void> {
  model.graph.flush();
  const suffix = `.${randomBytes(6).toString('hex')}.tmp`;
  const dataPath = `${path}.data`;
  const short = basename(path).slice(0, 40);
  const temporary = {
    model: join(dirname(path), `.${short}${suffix}`),
    data: join(dirname(path), `.${short}.data${suffix}`),
  };
  const external = wantsExternal(model, options.weights ?? 'auto');
  try {
    if (external) {
      const proto = await writeFileWith(temporary.data, (file) => writeExternal(model, file, basename(dataPath)));
      await writeFileWith(temporary.model, (file) => writeParts(file, inlineParts(proto, undefined)));
      await rename(temporary.data, dataPath);
    } else {
      await writeFileWith(temporary.model, (file) => writeParts(file, inlineParts(model.proto, model.external)));
    }
    await rename(temporary.model, path);
  } catch (cause) {
    await Promise.allSettled([rm(temporary.model, { force: true }), rm(temporary.data, { force: true })]);
    if (cause instanceof AppError) throw cause;
    if (isOutOfRoom(cause)) {
      throw new AppError('DISK_FULL', `There is no room left on the disk for ${path}.`, {
        hint: 'Free some space or choose another disk, then try again. No half-written file was left.',
        cause,
        details: { path },
      });
    }
    throw new AppError('FILE_NOT_WRITABLE', `${path} could not be written.`, {
      hint: 'Check that the folder exists, that you may write there, and that the disk has room.',
      cause,
      details: { path },
    });
  }
}

function isOutOfRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function wantsExternal(model: OnnxModel, weights: 'auto' | 'inline' | 'external'): boolean {
  const tensors = [...model.graph.initializers.values()];
  const total = tensors.reduce((sum, tensor) => sum + (tensorByteLength(tensor) ?? 0), 0);
  if (weights === 'inline' && total > MAX_INLINE_BYTES) throw tooLarge(model.fileName, total);
  if (weights !== 'auto') return weights === 'external';
  return total > MAX_INLINE_BYTES || tensors.some((tensor) => isExternal(tensor) && !liesInOwnFile(model, tensor));
}

/** True for a weight that a model which was opened without its weights left in the file, where it lies inline. */
function liesInOwnFile({ path }: OnnxModel, tensor: TensorProto): boolean {
  return path !== undefined && readProperty(tensor.externalData, 'location') === basename(path);
}

/** Copies the large weights into `file` and returns the model that refers to them there. */
async function writeExternal(model: OnnxModel, file: FileHandle, location: string): Promise<ModelProto> {
  let position = 0;
  const initializer: TensorProto[] = [];
  for (const tensor of model.graph.initializers.values()) {
    const pieces = rawPieces(tensor, model.external);
    if (pieces === undefined || (tensor.rawData.length < MIN_EXTERNAL_BYTES && !isExternal(tensor))) {
      initializer.push(tensor);
      continue;
    }
    const offset = Math.ceil(position / EXTERNAL_ALIGNMENT) * EXTERNAL_ALIGNMENT;
    await writeAll(file, new Uint8Array(offset - position));
    position = offset;
    for (const bytes of pieces) {
      await writeAll(file, bytes);
      position += bytes.length;
    }
    initializer.push(externalCopy(tensor, location, offset, position - offset));
  }
  const proto = shallowCopy(model.proto);
  if (model.proto.graph !== undefined) proto.graph = Object.assign(shallowCopy(model.proto.graph), { initializer });
  return proto;
}

function externalCopy(tensor: TensorProto, location: string, offset: number, length: number): TensorProto {
  const copy = withoutRawData(tensor);
  copy.dataLocation = DataLocation.EXTERNAL;
  copy.externalData = Object.entries({ location, offset: `${offset}`, length: `${length}` }).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
  return copy;
}

/** The encoded model in pieces; weights are the tensors' own bytes, not copies. External ones become inline if given. */
function* inlineParts(model: ModelProto, external: ExternalData | undefined): Generator<Uint8Array> {
  const head = shallowCopy(model);
  delete head.graph;
  yield toBinary(ModelProtoSchema, head);
  if (model.graph === undefined) return;
  const graphHead = shallowCopy(model.graph);
  graphHead.initializer = [];
  const graphBytes = toBinary(GraphProtoSchema, graphHead);
  const heads = model.graph.initializer.map((tensor) => encodeHead(tensor, external));
  const tensorsLength = heads.reduce((sum, entry) => {
    const inner = entry.head.length + entry.rawLength;
    return sum + 1 + varint(inner).length + inner;
  }, 0);
  yield Uint8Array.of(MODEL_GRAPH_TAG);
  yield varint(graphBytes.length + tensorsLength);
  yield graphBytes;
  for (const { tensor, head: bytes, rawLength } of heads) {
    yield Uint8Array.of(GRAPH_INITIALIZER_TAG);
    yield varint(bytes.length + rawLength);
    yield bytes;
    if (rawLength > 0) yield tensorRawBytes(tensor, external) ?? new Uint8Array();
  }
}

/** All of a tensor but its raw data, ending in the tag and length that announce it. */
function encodeHead(
  tensor: TensorProto,
  external: ExternalData | undefined,
): { tensor: TensorProto; head: Uint8Array; rawLength: number } {
  const inlines = external !== undefined && isExternal(tensor);
  const rawLength = inlines ? external.locate(tensor, tensorByteLength(tensor)).length : tensor.rawData.length;
  if (rawLength === 0) return { tensor, head: toBinary(TensorProtoSchema, tensor), rawLength };
  const copy = withoutRawData(tensor);
  if (inlines) {
    copy.externalData = [];
    Reflect.deleteProperty(copy, 'dataLocation');
  }
  const head = toBinary(TensorProtoSchema, copy);
  const announcement = Uint8Array.of(TENSOR_RAW_DATA_TAG, ...varint(rawLength));
  const bytes = new Uint8Array(head.length + announcement.length);
  bytes.set(head);
  bytes.set(announcement, head.length);
  return { tensor, head: bytes, rawLength };
}

/** Where raw data lies in another file, one buffer serves all of it: gigabytes pass through a few megabytes. */
function rawPieces(tensor: TensorProto, external: ExternalData): Iterable<Uint8Array> | undefined {
  if (isExternal(tensor)) return external.readPieces(external.locate(tensor, tensorByteLength(tensor)));
  return tensor.rawData.length > 0 ? [tensor.rawData] : undefined;
}

function tensorRawBytes(tensor: TensorProto, external: ExternalData | undefined): Uint8Array | undefined {
  if (external !== undefined && isExternal(tensor)) {
    return external.read(external.locate(tensor, tensorByteLength(tensor)));
  }
  return tensor.rawData.length > 0 ? tensor.rawData : undefined;
}

function withoutRawData(tensor: TensorProto): TensorProto {
  const copy = shallowCopy(tensor);
  // Fields of a proto2 message are present when they are the object's own.
  Reflect.deleteProperty(copy, 'rawData');
  return copy;
}

async function writeFileWith<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'wx');
  try {
    const result = await write(file);
    await file.sync();
    return result;
  } finally {
    await file.close();
  }
}

/** Small parts are gathered to spare system calls; large ones go out as they are. */
async function writeParts(file: FileHandle, parts: Iterable<Uint8Array>): Promise<void> {
  let small: Uint8Array[] = [];
  let gathered = 0;
  for (const part of parts) {
    small.push(part);
    gathered += part.length;
    if (gathered < 2 ** 20 && small.length < 512) continue;
    for (const bytes of small.length === 1 ? small : gather(small, gathered)) await writeAll(file, bytes);
    small = [];
    gathered = 0;
  }
  for (const bytes of gather(small, gathered)) await writeAll(file, bytes);
}

/** Joins what is small and leaves a large last part alone. */
function gather(parts: readonly Uint8Array[], total: number): Uint8Array[] {
  const last = parts.at(-1);
  const large = last !== undefined && last.length > 2 ** 18 ? last : undefined;
  const joined = new Uint8Array(total - (large?.length ?? 0));
  let position = 0;
  for (const part of large === undefined ? parts : parts.slice(0, -1)) {
    joined.set(part, position);
    position += part.length;
  }
  return large === undefined ? [joined] : [joined, large];
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.length - done, 2 ** 30));
    done += bytesWritten;
  }
}

function totalLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function tooLarge(fileName: string, length: number): AppError {
  return new AppError(
    'ONNX_TOO_LARGE',
    `${fileName} has ${length} bytes of weights, more than one ONNX file can hold.`,
    {
      hint: 'Save it with external data.',
    },
  );
}

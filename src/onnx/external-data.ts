import { closeSync, existsSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { AppError } from '../shared/app-error';
import { TensorProto_DataLocation as DataLocation } from './generated/onnx_pb';
import type { TensorProto } from './generated/onnx_pb';

/** Where a tensor's bytes lie beside the model file. */
export interface ExternalRange {
  /** Absolute path, links resolved, inside the model's folder. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

const PIECE_BYTES = 4 * 1024 * 1024;

export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === DataLocation.EXTERNAL;
}

/**
 * Finds and reads weights that a model keeps in files beside itself. Only ranges that are asked for are read, so that
 * opening a model of many gigabytes costs what its graph costs. Paths that lead out of the model's folder, also through
 * links, are refused: a model is data from elsewhere and must not name files of this machine.
 */
export class ExternalData {
  readonly #folder: string | undefined;
  readonly #modelName: string;
  readonly #open = new Map<string, { descriptor: number; size: number }>();

  /** `modelPath` undefined: a model that came as bytes has no folder and cannot have external data. */
  constructor(modelPath: string | undefined, modelName: string) {
    this.#folder = modelPath === undefined ? undefined : dirname(resolve(modelPath));
    this.#modelName = modelName;
  }

  /** @param byteLength what the tensor's shape and type ask for; undefined when that is unknown. */
  locate(tensor: TensorProto, byteLength: number | undefined): ExternalRange {
    const fields = new Map(tensor.externalData.map((entry) => [entry.key, entry.value]));
    const location = fields.get('location') ?? '';
    const path = this.#resolve(location, tensor.name);
    const { size } = this.#file(path);
    const offset = this.#integer(fields.get('offset'), 0, tensor.name);
    const length = this.#integer(fields.get('length'), byteLength ?? size - offset, tensor.name);
    if (byteLength !== undefined && length !== byteLength) {
      throw new AppError(
        'ONNX_INITIALIZER_SIZE',
        `${this.#modelName}: the tensor ${tensor.name} needs ${byteLength} bytes, and its external data names ${length}.`,
        { hint: 'Export the model again.', details: { tensor: tensor.name } },
      );
    }
    if (offset + length > size) {
      throw new AppError(
        'ONNX_TRUNCATED',
        `${path} has ${size} bytes, and the tensor ${tensor.name} of ${this.#modelName} lies at ${offset} to ${offset + length}.`,
        {
          hint: 'Copy the external data file again, complete and from the same export.',
          details: { tensor: tensor.name },
        },
      );
    }
    return { path, offset, length };
  }

  read(range: ExternalRange): Uint8Array {
    const { descriptor } = this.#file(range.path);
    const bytes = new Uint8Array(range.length);
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(descriptor, bytes, done, Math.min(bytes.length - done, 2 ** 30), range.offset + done);
      if (count === 0) throw becameShorter(range);
      done += count;
    }
    return bytes;
  }

  /** The range in pieces, each in the same buffer: done with before the next is asked for. */
  *readPieces(range: ExternalRange): Generator<Uint8Array> {
    const { descriptor } = this.#file(range.path);
    const buffer = new Uint8Array(Math.min(range.length, PIECE_BYTES));
    for (let done = 0; done < range.length;) {
      const wanted = Math.min(buffer.length, range.length - done);
      const count = readSync(descriptor, buffer, 0, wanted, range.offset + done);
      if (count === 0) throw becameShorter(range);
      yield buffer.subarray(0, count);
      done += count;
    }
  }

  close(): void {
    for (const { descriptor } of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }

  #resolve(location: string, tensorName: string): string {
    if (this.#folder === undefined || location === '') {
      throw new AppError(
        'ONNX_EXTERNAL_MISSING',
        `${this.#modelName}: the tensor ${tensorName} lies in another file${location === '' ? ', which is not named' : `, ${location}`}.`,
        { hint: 'Open the model from its folder, with the external data files beside it.' },
      );
    }
    const path = resolve(this.#folder, location);
    if (isAbsolute(location) || /^[a-zA-Z]:/.test(location) || !isInside(this.#folder, path))
      throw this.#escapes(location);
    if (!existsSync(path)) {
      throw new AppError(
        'ONNX_EXTERNAL_MISSING',
        `${this.#modelName} keeps weights in ${location}, which is not there.`,
        {
          hint: `Put ${location} into the model's folder, ${this.#folder}.`,
          details: { location },
        },
      );
    }
    const real = realpathSync(path);
    if (!isInside(realpathSync(this.#folder), real)) throw this.#escapes(location);
    return real;
  }

  #escapes(location: string): AppError {
    return new AppError(
      'ONNX_EXTERNAL_ESCAPES',
      `${this.#modelName} names weights outside its own folder: ${location}. Nothing was read.`,
      {
        hint: 'Do not use this file unless you know who made it; weights belong beside the model.',
        details: { location },
      },
    );
  }

  #file(path: string): { descriptor: number; size: number } {
    let file = this.#open.get(path);
    if (file === undefined) {
      const descriptor = openSync(path, 'r');
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) {
        closeSync(descriptor);
        throw new AppError('ONNX_EXTERNAL_MISSING', `${this.#modelName} keeps weights in ${path}, which is no file.`);
      }
      file = { descriptor, size: stat.size };
      this.#open.set(path, file);
    }
    return file;
  }

  #integer(text: string | undefined, fallback: number, tensorName: string): number {
    if (text === undefined) return fallback;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value)) return value;
    throw new AppError(
      'ONNX_INVALID',
      `${this.#modelName}: the external data of ${tensorName} has the offset or length “${text}”.`,
    );
  }
}

function becameShorter({ path }: ExternalRange): AppError {
  return new AppError('ONNX_TRUNCATED', `${path} became shorter while it was read.`, {
    hint: 'Do not write to a model while it is open.',
  });
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

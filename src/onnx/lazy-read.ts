import { create, toBinary } from '@bufbuild/protobuf';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { StringStringEntryProtoSchema } from './generated/onnx_pb';
import { varint } from './wire-varint';

/*
 * Reads a model without its large weights. Each becomes external data that lies in the model's own file, at the place
 * where its raw data is: valid ONNX, which every later step reads by range when it needs it.
 */

const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW_DATA = 9;
const TENSOR_EXTERNAL_DATA_TAG = (13 << 3) | 2;
const TENSOR_DATA_LOCATION_TAG = 14 << 3;
const EXTERNAL = 1;

/** Smaller weights are read: shapes and biases are asked for all the time. */
const LARGE_BYTES = 64 * 1024;
const WINDOW_BYTES = 256 * 1024;

/** What the file breaks off or contradicts itself in is left to the reader of whole files, which explains it. */
class Unreadable extends Error {}

/** The model's bytes with large weights replaced by references; undefined where the file is not in order. */
export function readWithoutWeights(path: string): Uint8Array | undefined {
  const descriptor = openSync(path, 'r');
  try {
    const file = new FileWindow(descriptor, fstatSync(descriptor).size);
    const location = basename(path);
    return joined(
      rewriteFields(file, file.size, MODEL_GRAPH, (graphEnd) =>
        rewriteFields(file, graphEnd, GRAPH_INITIALIZER, (tensorEnd) => rewriteTensor(file, tensorEnd, location)),
      ),
    );
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Copies fields up to `end`; the messages in one of them are rewritten. */
function rewriteFields(
  file: FileWindow,
  end: number,
  rewritten: number,
  rewrite: (end: number) => readonly Uint8Array[],
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  while (file.position < end) {
    const start = file.position;
    const tag = file.varint(end);
    if (tag === rewritten * 8 + 2) {
      const inner = rewrite(file.innerEnd(end));
      const length = inner.reduce((sum, part) => sum + part.length, 0);
      parts.push(varint(tag), varint(length), ...inner);
    } else {
      file.skipField(tag, end);
      parts.push(file.copy(start, file.position));
    }
  }
  return parts;
}

function rewriteTensor(file: FileWindow, end: number, location: string): Uint8Array[] {
  const parts: Uint8Array[] = [];
  while (file.position < end) {
    const start = file.position;
    const tag = file.varint(end);
    if (tag === TENSOR_RAW_DATA * 8 + 2) {
      const dataEnd = file.innerEnd(end);
      const length = dataEnd - file.position;
      if (length >= LARGE_BYTES) {
        parts.push(...reference({ location, offset: `${file.position}`, length: `${length}` }));
        file.position = dataEnd;
        continue;
      }
      file.position = dataEnd;
    } else file.skipField(tag, end);
    parts.push(file.copy(start, file.position));
  }
  return parts;
}

function reference(fields: Readonly<Record<string, string>>): Uint8Array[] {
  const parts: Uint8Array[] = [Uint8Array.of(TENSOR_DATA_LOCATION_TAG, EXTERNAL)];
  for (const [key, value] of Object.entries(fields)) {
    const entry = toBinary(StringStringEntryProtoSchema, create(StringStringEntryProtoSchema, { key, value }));
    parts.push(Uint8Array.of(TENSOR_EXTERNAL_DATA_TAG), varint(entry.length), entry);
  }
  return parts;
}

class FileWindow {
  readonly size: number;
  position = 0;
  readonly #descriptor: number;
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #start = 0;
  #length = 0;

  constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.size = size;
  }

  varint(end: number): number {
    let value = 0;
    let factor = 1;
    for (let index = 0; index < 10; index += 1) {
      if (this.position >= end) throw new Unreadable();
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new Unreadable();
  }

  /** Reads a length, and says where what it announces ends. */
  innerEnd(end: number): number {
    const length = this.varint(end);
    if (this.position + length > end) throw new Unreadable();
    return this.position + length;
  }

  skipField(tag: number, end: number): void {
    const wireType = tag % 8;
    if (wireType === 0) this.varint(end);
    else if (wireType === 2) this.position = this.innerEnd(end);
    else if (wireType === 1 || wireType === 5) this.position += wireType === 1 ? 8 : 4;
    else throw new Unreadable();
    if (this.position > end) throw new Unreadable();
  }

  copy(start: number, end: number): Uint8Array {
    const bytes = new Uint8Array(end - start);
    if (start >= this.#start && end <= this.#start + this.#length) {
      bytes.set(this.#window.subarray(start - this.#start, end - this.#start));
      return bytes;
    }
    for (let done = 0; done < bytes.length;) {
      const count = readSync(this.#descriptor, bytes, done, bytes.length - done, start + done);
      if (count === 0) throw new Unreadable();
      done += count;
    }
    return bytes;
  }

  #byte(): number {
    if (this.position < this.#start || this.position >= this.#start + this.#length) {
      this.#start = this.position;
      this.#length = readSync(this.#descriptor, this.#window, 0, WINDOW_BYTES, this.position);
      if (this.#length === 0) throw new Unreadable();
    }
    const byte = this.#window[this.position - this.#start] ?? 0;
    this.position += 1;
    return byte;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

/**
 * Messages with large binary parts, such as frames and masks, for channels that carry bytes: the parts follow their message
 * as they are, so that neither side copies them into or out of an encoded whole.
 */

/** From here on a part is sent by itself. */
const LEAST_BYTES = 16 * 1024;
/** A message that promises more is none of ours. */
const MOST_PARTS = 64;
/** In place of a part. No value of a message has such a key. */
const PLACE = '\u0000part';
const HEAD = '\u0000head';

interface Head {
  readonly [HEAD]: unknown;
  readonly parts: number;
}

/** The byte arrays to send, in this order, for one message. */
export function framesOf(message: unknown, encode: (value: unknown) => Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const head = withoutParts(message, parts);
  if (parts.length === 0) return [encode(message)];
  return [encode({ [HEAD]: head, parts: parts.length } satisfies Head), ...parts];
}

/** Puts messages together again from byte arrays that arrive in order. */
export class FrameReader {
  readonly #decode: (bytes: Uint8Array) => unknown;
  #head: unknown = null;
  #missing = 0;
  #parts: Uint8Array[] = [];

  constructor(decode: (bytes: Uint8Array) => unknown) {
    this.#decode = decode;
  }

  /**
   * A whole message in a box, or null while parts of it are missing. Its binary parts are the very arrays that were given.
   * @throws Error when the bytes are no message
   */
  read(bytes: Uint8Array): { readonly message: unknown } | null {
    if (this.#missing === 0) {
      const decoded = this.#decode(bytes);
      if (!isHead(decoded)) return { message: decoded };
      if (!Number.isInteger(decoded.parts) || decoded.parts < 1 || decoded.parts > MOST_PARTS)
        throw new Error('A message has an impossible number of parts.');
      this.#head = decoded[HEAD];
      this.#missing = decoded.parts;
      return null;
    }
    this.#parts.push(bytes);
    this.#missing -= 1;
    if (this.#missing > 0) return null;
    const message = withParts(this.#head, this.#parts);
    this.#head = null;
    this.#parts = [];
    return { message };
  }
}

function isHead(value: unknown): value is Head {
  return typeof value === 'object' && value !== null && HEAD in value && 'parts' in value;
}

/** The same value; what holds a part is copied, and holds its place instead. */
function withoutParts(value: unknown, parts: Uint8Array[]): unknown {
  if (value instanceof Uint8Array) {
    if (value.byteLength < LEAST_BYTES || parts.length === MOST_PARTS) return value;
    parts.push(value);
    return { [PLACE]: parts.length - 1 };
  }
  return mapped(value, (inner) => withoutParts(inner, parts));
}

function withParts(value: unknown, parts: readonly Uint8Array[]): unknown {
  if (typeof value === 'object' && value !== null && PLACE in value) return parts[Number(value[PLACE])];
  return mapped(value, (inner) => withParts(inner, parts));
}

/** Of an array or a plain object, with `change` made to what is in it; itself where nothing changes. */
function mapped(value: unknown, change: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const changed = items.map(change);
    return changed.some((item, index) => item !== items[index]) ? changed : value;
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  const entries = Object.entries(value);
  const changed = entries.map(([key, inner]): [string, unknown] => [key, change(inner)]);
  return changed.some(([, inner], index) => inner !== entries[index]?.[1]) ? Object.fromEntries(changed) : value;
}

/** A decoder of plain JPEGs that works at once in the calling thread. */
export interface JpegDecoder {
  /**
   * @param target `width * height * 3` bytes: packed RGB, rows from top to bottom
   * @returns false for whatever it does not decode, or finds the least fault with; `target` then holds anything
   */
  decode(bytes: Uint8Array, width: number, height: number, target: Uint8Array): boolean;
}

let chosen: JpegDecoder | null = null;

/**
 * Has the pictures of this thread decoded by it where it can, to the same pixels as by the image library. For threads that
 * have nothing else to do: nothing goes on in them meanwhile.
 */
export function useJpegDecoder(decoder: JpegDecoder | null): void {
  chosen = decoder;
}

/** Null where JPEGs are the image library's, too. */
export function jpegDecoder(): JpegDecoder | null {
  return chosen;
}

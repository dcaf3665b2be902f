import type { Frame } from '../shared/domain/frame';
import type { ModelInput, Preprocessing } from '../shared/domain/model';
import { numberToFloat16 } from '../onnx/half-float';

export type InputData = Float32Array | Uint16Array | Uint8Array;

/**
 * Writes frames into a network's input as its preprocessing says. One table of 256 values for each channel holds
 * `(pixel * scale - mean) / std`, computed in double precision and rounded once to the input's type.
 */
export class InputWriter {
  readonly #input: ModelInput;
  /** In the network's channel order. */
  readonly #tables: readonly InputData[];
  /** For each channel of the network, the channel of an RGB frame. */
  readonly #sources: readonly number[];
  /** What stands for "nothing here" in each channel: zero after normalisation. */
  readonly #zeros: readonly number[];

  constructor(input: ModelInput, preprocessing: Preprocessing) {
    this.#input = input;
    const channels = [...Array(input.channels).keys()];
    this.#tables = channels.map((channel) => valueTable(input.type, preprocessing, channel));
    this.#sources = channels.map((channel) => (preprocessing.channelOrder === 'bgr' ? 2 - channel : channel));
    this.#zeros = channels.map((channel) => zeroValue(input.type, preprocessing, channel));
  }

  /** For each channel of the network, the channel of an RGB frame. */
  get sources(): readonly number[] {
    return this.#sources;
  }

  /** What a runtime that writes the input itself needs: channels x 256 elements of the input's type, as bytes. */
  tableBytes(): Uint8Array {
    return joinBytes(this.#tables);
  }

  /** One element of the input's type for each channel, as bytes: what {@link write} puts where there is no picture. */
  fillBytes(fill: readonly [number, number, number] | 'zero'): Uint8Array {
    return joinBytes(
      this.#fillValues(fill).map((value, channel) => {
        const one = this.#tables[channel]?.slice(0, 1) ?? new Uint8Array(1);
        one[0] = value;
        return one;
      }),
    );
  }

  /** Elements of one picture of this size. */
  allocate(width: number, height: number): InputData {
    const count = width * height * this.#input.channels;
    if (this.#input.type === 'float32') return new Float32Array(count);
    return this.#input.type === 'float16' ? new Uint16Array(count) : new Uint8Array(count);
  }

  /**
   * Puts the part of `frame` that begins at (x, y) into the upper left of the input, the fill into the rest.
   *
   * @param data what {@link allocate} gave for `width` x `height`
   */
  write(
    data: InputData,
    size: { readonly width: number; readonly height: number },
    frame: Frame,
    at: { readonly x: number; readonly y: number },
    fill: readonly [number, number, number] | 'zero',
  ): void {
    const columns = Math.min(size.width, frame.width - at.x);
    const rows = Math.min(size.height, frame.height - at.y);
    if (columns < size.width || rows < size.height) this.#fill(data, size.width * size.height, fill);
    if (this.#input.channels === 1) this.#writeGrey(data, size.width, frame, at, columns, rows);
    else if (this.#input.layout === 'NHWC') this.#writeInterleaved(data, size.width, frame, at, columns, rows);
    else this.#writePlanes(data, size, frame, at, columns, rows);
  }

  #fill(data: InputData, positions: number, fill: readonly [number, number, number] | 'zero'): void {
    const values = this.#fillValues(fill);
    if (this.#input.layout === 'NHWC') for (let i = 0; i < data.length; i++) data[i] = values[i % values.length] ?? 0;
    else values.forEach((value, channel) => data.fill(value, channel * positions, (channel + 1) * positions));
  }

  #fillValues(fill: readonly [number, number, number] | 'zero'): number[] {
    return this.#tables.map((table, channel) =>
      fill === 'zero' ? (this.#zeros[channel] ?? 0) : (table[this.#fillPixel(fill, channel)] ?? 0),
    );
  }

  #fillPixel(fill: readonly [number, number, number], channel: number): number {
    return this.#input.channels === 1 ? grey(...fill) : (fill[this.#sources[channel] ?? 0] ?? 0);
  }

  #writePlanes(
    data: InputData,
    size: { readonly width: number; readonly height: number },
    frame: Frame,
    at: { readonly x: number; readonly y: number },
    columns: number,
    rows: number,
  ): void {
    const { pixels, channels } = frame;
    this.#tables.forEach((table, channel) => {
      const source = this.#sources[channel] ?? 0;
      for (let y = 0; y < rows; y++) {
        let from = ((at.y + y) * frame.width + at.x) * channels + source;
        let to = (channel * size.height + y) * size.width;
        for (const end = to + columns; to < end; to++) {
          data[to] = table[pixels[from] ?? 0] ?? 0;
          from += channels;
        }
      }
    });
  }

  #writeInterleaved(
    data: InputData,
    width: number,
    frame: Frame,
    at: { readonly x: number; readonly y: number },
    columns: number,
    rows: number,
  ): void {
    const { pixels, channels } = frame;
    this.#tables.forEach((table, channel) => {
      const source = this.#sources[channel] ?? 0;
      for (let y = 0; y < rows; y++) {
        let from = ((at.y + y) * frame.width + at.x) * channels + source;
        let to = y * width * 3 + channel;
        for (const end = to + columns * 3; to < end; to += 3) {
          data[to] = table[pixels[from] ?? 0] ?? 0;
          from += channels;
        }
      }
    });
  }

  #writeGrey(
    data: InputData,
    width: number,
    frame: Frame,
    at: { readonly x: number; readonly y: number },
    columns: number,
    rows: number,
  ): void {
    const [table] = this.#tables;
    const { pixels, channels } = frame;
    for (let y = 0; y < rows; y++) {
      let from = ((at.y + y) * frame.width + at.x) * channels;
      for (let x = 0; x < columns; x++) {
        data[y * width + x] = table?.[grey(pixels[from] ?? 0, pixels[from + 1] ?? 0, pixels[from + 2] ?? 0)] ?? 0;
        from += channels;
      }
    }
  }
}

function joinBytes(parts: readonly InputData[]): Uint8Array {
  const bytes = parts.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  const joined = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of bytes) {
    joined.set(part, position);
    position += part.length;
  }
  return joined;
}

/** Luma as ITU-R BT.601 weighs it, in 16-bit fixed point. */
function grey(r: number, g: number, b: number): number {
  return (r * 19_595 + g * 38_470 + b * 7_471 + 32_768) >> 16;
}

function valueTable(type: ModelInput['type'], { scale, mean, std }: Preprocessing, channel: number): InputData {
  const values = Array.from(
    { length: 256 },
    (_, pixel) => (pixel * scale - (mean[channel] ?? 0)) / (std[channel] ?? 1),
  );
  if (type === 'float32') return Float32Array.from(values);
  if (type === 'float16') return Uint16Array.from(values, numberToFloat16);
  return Uint8Array.from(values, asByte);
}

function zeroValue(type: ModelInput['type'], { mean, std }: Preprocessing, channel: number): number {
  // Bytes that are normalised inside the network would need its mean; none of it is known here but what is said.
  return type === 'uint8' ? asByte(-(mean[channel] ?? 0) / (std[channel] ?? 1)) : 0;
}

function asByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

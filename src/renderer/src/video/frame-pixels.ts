import type { RawFormat, RawFrame } from '../../../shared/domain/raw-frame';
import { rawFrameBytes } from '../../../shared/domain/raw-frame';
import type { Size } from '../canvas/viewport';
import { copyPlanes } from './plane-copier';

/** Larger videos are made smaller for drawing and segmenting; networks look at less than this anyway. */
const LONGEST_SIDE = 1920;

/** The size that frames are worked with: that of the video, unless it is very large. */
export function workingSize({ width, height }: Size): Size {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

const planar: Readonly<Record<string, RawFormat>> = { I420: 'i420', NV12: 'nv12', RGBA: 'rgba', RGBX: 'rgba' };

/** True where a frame's own planes can be sent as they are. Odd sizes have planes that browsers do not agree about. */
export function hasPlainPlanes(frame: VideoFrame, size: Size): boolean {
  const rect = frame.visibleRect;
  const isWhole = rect !== null && rect.width === size.width && rect.height === size.height;
  const isEven = size.width % 2 === 0 && size.height % 2 === 0;
  return isWhole && isEven && frame.format !== null && planar[frame.format] !== undefined;
}

/** Copies a frame's pixels, without padding, for the studio. The frame must have plain planes, and is closed. */
export async function copyPixels(frame: VideoFrame, size: Size): Promise<RawFrame> {
  const format = planar[frame.format ?? ''] ?? 'rgba';
  const { matrix, fullRange } = frame.colorSpace;
  const data = await copyPlanes(frame, planesOf(format, size), rawFrameBytes({ format, ...size }));
  return { format, ...size, matrix: matrixOf(matrix, size), fullRange: fullRange ?? false, data };
}

function planesOf(format: RawFormat, { width, height }: Size): PlaneLayout[] {
  if (format === 'rgba') return [{ offset: 0, stride: width * 4 }];
  const luma = width * height;
  if (format === 'nv12') {
    return [
      { offset: 0, stride: width },
      { offset: luma, stride: width },
    ];
  }
  const half = width / 2;
  return [
    { offset: 0, stride: width },
    { offset: luma, stride: half },
    { offset: luma + half * (height / 2), stride: half },
  ];
}

/** What players assume where a video does not say: BT.601 below 720 lines, BT.709 from there on. */
function matrixOf(matrix: string | null | undefined, { height }: Size): 'bt601' | 'bt709' {
  if (matrix === 'smpte170m' || matrix === 'bt470bg') return 'bt601';
  return matrix === 'bt709' || height >= 720 ? 'bt709' : 'bt601';
}

/** What a browser can draw, from a frame's bytes. Whoever asks closes it. */
export function frameOfPixels(raw: RawFrame, seconds: number): VideoFrame {
  const format = ({ i420: 'I420', nv12: 'NV12', rgba: 'RGBA' } as const)[raw.format];
  const matrix = raw.matrix === 'bt601' ? 'smpte170m' : 'bt709';
  const primaries = raw.matrix === 'bt601' ? 'smpte170m' : 'bt709';
  const yuv = { matrix, primaries, transfer: primaries, fullRange: raw.fullRange } as const;
  return new VideoFrame(raw.data, {
    format,
    codedWidth: raw.width,
    codedHeight: raw.height,
    timestamp: Math.round(seconds * 1e6),
    ...(raw.format === 'rgba' ? {} : { colorSpace: yuv }),
  });
}

/** Draws anything into a frame of the working size: turned, reduced, of more than 8 bits or of an odd size. */
export class FramePainter {
  readonly #size: Size;
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;

  constructor(size: Size) {
    this.#size = size;
    this.#canvas = new OffscreenCanvas(size.width, size.height);
    const context = this.#canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (context === null) throw new Error('a 2D context is always to be had');
    this.#context = context;
  }

  paint(draw: (context: OffscreenCanvasRenderingContext2D, size: Size) => void): RawFrame {
    const { width, height } = this.#size;
    draw(this.#context, this.#size);
    const pixels = this.#context.getImageData(0, 0, width, height).data;
    const data = new Uint8Array(pixels.buffer);
    return { format: 'rgba', width, height, matrix: 'bt709', fullRange: true, data };
  }
}

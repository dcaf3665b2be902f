import type { RawFrame } from '../../../shared/domain/raw-frame';
import { copyPixels, FramePainter, hasPlainPlanes, workingSize } from './frame-pixels';
import { cameraError, cameraGone } from './video-errors';
import type { DecodedFrame, FrameSource, VideoInfo } from './video-types';

/** What browsers based on Chromium offer beyond the standard's types: a track's frames as a stream. */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
declare const MediaStreamTrackProcessor: new (init: {
  track: MediaStreamTrack;
  maxBufferSize?: number;
}) => TrackProcessor;

/** @throws AppError VIDEO_CAMERA_DENIED, VIDEO_CAMERA_NONE, VIDEO_CAMERA_BUSY */
export async function openCamera(name: string): Promise<FrameSource> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    const [track] = stream.getVideoTracks();
    if (track === undefined) throw new DOMException('no track', 'NotFoundError');
    return new CameraVideo(name, track);
  } catch (error) {
    throw cameraError(error);
  }
}

class CameraVideo implements FrameSource {
  readonly times = null;
  readonly info: VideoInfo;
  readonly #track: MediaStreamTrack;
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;
  #painter: FramePainter | null = null;
  #count = 0;
  #closed = false;

  constructor(name: string, track: MediaStreamTrack) {
    const { width = 1280, height = 720, frameRate = 30 } = track.getSettings();
    this.info = {
      name: track.label === '' ? name : track.label,
      size: workingSize({ width, height }),
      codec: '',
      framesPerSecond: frameRate,
      frameCount: 0,
      seconds: 0,
      notes: [],
    };
    this.#track = track;
    // One frame waits at most: a camera's older ones are of no use.
    this.#reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 }).readable.getReader();
  }

  /** There is only the next one. */
  async frameAt(): Promise<DecodedFrame | null> {
    const start = performance.now();
    const { value: image } = await this.#reader.read();
    if (image === undefined) {
      if (this.#closed) return null;
      throw cameraGone();
    }
    const index = this.#count++;
    const seconds = image.timestamp / 1e6;
    const { size } = this.info;
    try {
      const raw = hasPlainPlanes(image, size) ? await copyPixels(image, size) : this.#paint(image);
      return { index, seconds, raw, decodeMs: performance.now() - start };
    } finally {
      image.close();
    }
  }

  async *framesFrom(): AsyncGenerator<DecodedFrame, void, void> {
    for (;;) {
      const frame = await this.frameAt();
      if (frame === null) return;
      yield frame;
    }
  }

  #paint(image: VideoFrame): RawFrame {
    this.#painter ??= new FramePainter(this.info.size);
    return this.#painter.paint((context, to) => context.drawImage(image, 0, 0, to.width, to.height));
  }

  close(): void {
    this.#closed = true;
    this.#track.stop();
    void this.#drain();
  }

  /** A frame that waits belongs to whoever reads it: cancelling would leave it to the garbage collector. */
  async #drain(): Promise<void> {
    try {
      for (;;) {
        const { value: image, done } = await this.#reader.read();
        if (done) return;
        image.close();
      }
    } catch {
      // The stream has failed, and holds nothing any more.
    }
  }
}

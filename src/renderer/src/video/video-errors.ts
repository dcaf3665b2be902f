import { AppError } from '../../../shared/app-error';
import type { Size } from '../canvas/viewport';

const CONVERT_HINT = 'Save it anew as MP4 with H.264, for example: ffmpeg -i in -c:v libx264 -pix_fmt yuv420p out.mp4';

export function unreadableVideo(name: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? ` ${cause.message}` : '';
  return new AppError('VIDEO_UNREADABLE', `${name} cannot be read as a video.${reason}`, {
    hint: 'Copy or download the video again. MP4, MOV, WebM and MKV can be opened.',
    cause,
    details: { file: name },
  });
}

export function videoWithoutPicture(name: string): AppError {
  return new AppError('VIDEO_NO_TRACK', `${name} has no picture, only sound or data.`, {
    hint: 'Choose a file with a video track.',
    details: { file: name },
  });
}

/** Sides up to which decoders usually go, in the machine's chips and in software. */
const USUAL_SIDE = 4096;

/** Where a decoder takes a video not at all: because of its size, if that is unusual, else because of its codec. */
export function decoderRefuses(name: string, codec: string | null, size: Size): AppError {
  return Math.max(size.width, size.height) > USUAL_SIDE
    ? sizeUnsupported(name, size)
    : codecUnsupported(name, codec ?? 'an unknown codec');
}

function sizeUnsupported(name: string, { width, height }: Size): AppError {
  const size = `${width}×${height}`;
  return new AppError('VIDEO_SIZE_UNSUPPORTED', `${name} is ${size} pixels large, which cannot be decoded here.`, {
    hint: 'Make it smaller, for example: ffmpeg -i in -vf scale=3840:-2 -c:v libx264 -pix_fmt yuv420p out.mp4',
    details: { file: name, size },
  });
}

function codecUnsupported(name: string, codec: string): AppError {
  return new AppError('VIDEO_CODEC_UNSUPPORTED', `${name} is encoded as ${codec}, which cannot be decoded here.`, {
    hint: CONVERT_HINT,
    details: { file: name, codec },
  });
}

export function emptyVideo(name: string): AppError {
  return new AppError('VIDEO_EMPTY', `${name} has no frame that can be read.`, {
    hint: 'Copy or download the video again.',
    details: { file: name },
  });
}

export function decodeFailed(name: string, frame: number, cause: unknown): AppError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '.';
  return new AppError('VIDEO_DECODE_FAILED', `${name} cannot be decoded from frame ${frame} on${reason}`, {
    hint: `The frames before it can be used. ${CONVERT_HINT}`,
    cause,
    details: { file: name, frame },
  });
}

/** Why a camera could not be opened, as the browser names it. */
export function cameraError(cause: unknown): AppError {
  const name = cause instanceof DOMException ? cause.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return new AppError('VIDEO_CAMERA_DENIED', 'The camera may not be used.', {
      hint: 'Allow the camera in the settings of the system or the browser, and try again.',
      cause,
    });
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return new AppError('VIDEO_CAMERA_NONE', 'There is no camera.', { hint: 'Plug one in and try again.', cause });
  }
  return new AppError('VIDEO_CAMERA_BUSY', 'The camera gives no pictures.', {
    hint: 'Close other programs that use it, and try again.',
    cause,
  });
}

export function cameraGone(): AppError {
  return new AppError('VIDEO_CAMERA_GONE', 'The camera was unplugged or switched off.', {
    hint: 'Plug it in again and open it anew. The last picture stays.',
  });
}

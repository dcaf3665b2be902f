import { AppError } from '../shared/app-error';
import { sniffContent } from './sniff';

/** Pixels of one picture. A mask has as many bytes, and decoders need several times that. */
export const MAX_PIXELS = 120_000_000;
/** Bytes of one picture file. */
export const MAX_FILE_BYTES = 1024 ** 3;

export const READABLE_FORMATS = 'JPEG, PNG, WebP, TIFF, GIF, AVIF or BMP';

interface SystemError extends Error {
  readonly code: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** What went wrong when a file was to be read, as a user can mend it. Bugs come back unchanged. */
export function fileError(error: unknown, path: string): unknown {
  if (error instanceof AppError || !isSystemError(error)) return error;
  const details = { path };
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return new AppError('FILE_NOT_FOUND', `There is no file ${path}.`, {
        hint: 'Check the name. The file may have been moved, renamed or deleted.',
        cause: error,
        details,
      });
    case 'EISDIR':
      return new AppError('FILE_IS_FOLDER', `${path} is a folder, not a picture.`, {
        hint: 'Open the folder instead; its pictures are added.',
        cause: error,
        details,
      });
    case 'EACCES':
    case 'EPERM':
      return new AppError('FILE_UNREADABLE', `${path} may not be read: permission denied.`, {
        hint: 'Change the permissions of the file, or copy it to a place of your own.',
        cause: error,
        details,
      });
    case 'ERR_FS_FILE_TOO_LARGE':
      return tooManyBytes(path, MAX_FILE_BYTES);
    default:
      return new AppError('FILE_UNREADABLE', `${path} could not be read: ${error.message}.`, {
        hint: 'Check the disk or the network drive, then try again.',
        cause: error,
        details: { ...details, system: error.code },
      });
  }
}

export function emptyFile(name: string): AppError {
  return new AppError('FILE_EMPTY', `${name} is empty (0 bytes).`, {
    hint: 'Copy or download the file again.',
    details: { name },
  });
}

export function tooManyBytes(name: string, bytes: number): AppError {
  const mebibytes = Math.round(bytes / 1024 ** 2);
  return new AppError('IMAGE_TOO_LARGE', `${name} has ${mebibytes} MiB; pictures may have up to 1024 MiB.`, {
    hint: 'Save it with compression, or cut it into parts.',
    details: { name, bytes, limit: MAX_FILE_BYTES },
  });
}

export function tooManyPixels(name: string, width: number, height: number): AppError {
  const megapixels = Math.round((width * height) / 1e6);
  const limit = MAX_PIXELS / 1e6;
  return new AppError(
    'IMAGE_TOO_LARGE',
    `${name} has ${width} x ${height} pixels (${megapixels} megapixels); pictures may have up to ${limit} megapixels.`,
    { hint: 'Make it smaller, or cut it into parts.', details: { name, width, height, limit: MAX_PIXELS } },
  );
}

/** `head`: the file's first bytes. */
export function unsupportedContent(name: string, head: Uint8Array): AppError {
  const kind = sniffContent(head);
  const remedies: Readonly<Record<string, string>> = {
    onnx: 'Add it as a model.',
    heic: 'Convert it to JPEG: HEIC needs a decoder that cannot be shipped with the studio.',
    svg: 'Export it as PNG at the size you need.',
    pdf: 'Export its pages as PNG or JPEG.',
    zip: 'Unpack it and open the pictures in it.',
    gzip: 'Unpack it and open the pictures in it.',
    lfs: 'Fetch the file itself with `git lfs pull`.',
  };
  const video = kind.use === 'video' ? 'Extract the pictures from the video first.' : undefined;
  return new AppError('IMAGE_UNSUPPORTED', `${name} is ${kind.description}; it cannot be opened as a picture.`, {
    hint: remedies[kind.format] ?? video ?? `Save it as ${READABLE_FORMATS}.`,
    details: { name, content: kind.format },
  });
}

/** A decoder gave up on what began as a picture. */
export function decodeError(error: unknown, name: string, bytes: Uint8Array): AppError {
  const kind = sniffContent(bytes);
  const reason = error instanceof Error ? firstLine(error.message) : String(error);
  if (endsEarly(kind.format, bytes) || /premature|truncat|unexpected end|end of (file|data|stream)|EOF/i.test(reason)) {
    return new AppError('IMAGE_TRUNCATED', `${name} ends before its picture does: ${kind.description} cut short.`, {
      hint: 'Copy or download the file again.',
      cause: error,
      details: { name, format: kind.format, bytes: bytes.byteLength },
    });
  }
  return new AppError('IMAGE_DAMAGED', `${name} is ${kind.description}, but it cannot be decoded: ${reason}`, {
    hint: `Open it in another program and save it again as ${READABLE_FORMATS}.`,
    cause: error,
    details: { name, format: kind.format },
  });
}

/** Whether a file lacks the mark with which its format ends. */
export function endsEarly(format: string, bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case 'jpeg':
      return buffer.lastIndexOf(Buffer.from([0xff, 0xd9])) < 0;
    case 'png':
      return buffer.lastIndexOf('IEND', undefined, 'latin1') < 0;
    case 'gif':
      return buffer[buffer.length - 1] !== 0x3b;
    case 'webp':
      return buffer.length < 12 || buffer.readUInt32LE(4) + 8 > buffer.length;
    case 'bmp':
      return buffer.length < 26 || buffer.readUInt32LE(2) > buffer.length;
    case 'tiff':
      return directoryLiesBeyond(buffer);
    default:
      return false;
  }
}

/** TIFF writers like to put the directory at the end. */
function directoryLiesBeyond(buffer: Buffer): boolean {
  if (buffer.length < 8) return true;
  const offset = buffer[0] === 0x49 ? buffer.readUInt32LE(4) : buffer.readUInt32BE(4);
  return offset + 2 > buffer.length;
}

function firstLine(message: string): string {
  return message.split('\n')[0]?.trim() ?? message;
}

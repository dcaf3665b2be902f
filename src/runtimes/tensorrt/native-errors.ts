import type { ErrorCode } from '../../shared/app-error';
import { AppError } from '../../shared/app-error';
import { noteFailure } from './device-loss';

/** What to do about each failure that the native code tells by its code. What is not listed gets the general remedy. */
const REMEDIES: Readonly<Record<string, string>> = {
  CANCELLED: '',
  ENGINE_CORRUPT: 'Build it again (maskforge build), or remove it (maskforge engine remove).',
  ENGINE_FOREIGN: 'Build it again with the TensorRT and the device of this machine.',
  ENGINE_PLUGIN_MISSING: 'Build the plugins (`npm run native`), or build the engine with --layernorm native.',
  ENGINE_BUILD_FAILED:
    'The lines before say why; --layernorm keep and --no-fold-head leave more of the graph as it was.',
  ENGINE_LAYER_IMPOSSIBLE:
    'TensorRT has no kernel for that layer here: try another precision, or a larger --workspace.',
  ONNX_PARSE_FAILED: '`maskforge onnx inspect` names the operators; `maskforge onnx fix` repairs what can be repaired.',
  ONNX_OPERATOR_UNSUPPORTED: '`maskforge onnx inspect` shows where it stands; export the network without it.',
  ONNX_PLUGIN_MISSING: 'Build the plugins (`npm run native`), or build the engine with --layernorm native.',
  BUILD_OPTION_UNSUPPORTED: 'Leave the option out, or build with another TensorRT (--runtime).',
  PROFILE_INVALID: 'Give --min, --opt and --max so that each contains the one before.',
  PROFILE_OUT_OF_RANGE: 'Use a size inside the range, or build an engine with another one (--min, --opt, --max).',
  SESSION_BROKEN: 'Open the engine again; if that fails, restart the studio.',
  INPUT_UNSUPPORTED: 'Build the engine again from a network that takes float32, float16 or uint8 pictures.',
  OUTPUT_UNSUPPORTED: 'Build the engine again from a network that gives logits or class ids.',
  PROFILE_MISSING: 'Say which sizes the engine shall take: --shapes, or --min, --opt and --max.',
  MODEL_OUTPUT_NOT_FINITE:
    'No mask follows from them. Check the preprocessing, build with another precision (16-bit floats end at 65,504), or export the network again.',
  DEVICE_OUT_OF_MEMORY: 'Close other engines, or build for smaller pictures, a smaller batch or 16 bits.',
  OUT_OF_MEMORY: 'Close other programs, or use smaller pictures or a smaller batch.',
  NO_DEVICE: 'TensorRT engines need an NVIDIA GPU and its driver; ONNX Runtime works without.',
  DRIVER_TOO_OLD: 'Install a newer NVIDIA driver.',
  DEVICE_LOST: 'The studio opens the engine anew by itself; in a terminal, run the command again.',
  LIBRARY_BROKEN: '`maskforge doctor` shows where it was found; `maskforge runtimes install` fetches another.',
  LIBRARY_MISSING: '`maskforge doctor` shows where it was looked for; `maskforge runtimes install` fetches one.',
  LIBRARY_FOREIGN: '`maskforge doctor` shows what was found; `maskforge runtimes install` fetches one that fits.',
  LIBRARY_TOO_OLD: '`maskforge runtimes install` fetches a newer one.',
  LIBRARY_CONFLICT: 'Only one version of a family can be open in a process: restart the studio.',
  PLUGIN_BROKEN: 'Build the plugins again (`npm run native`).',
  PLUGIN_FOREIGN: 'Build the plugins for this TensorRT (`npm run native`).',
  PLUGIN_MISSING: 'Build the plugins (`npm run native`).',
};

const GENERAL = '`maskforge doctor` shows what this machine has.';

/**
 * An error of the native code as one that a user can act on. `subject` (a file, an engine) is named where the message
 * does not name it already. Errors without a code are bugs and stay as they are.
 */
export function nativeError(error: unknown, subject: string): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (error.name === 'AbortError') return new AppError('CANCELLED', 'The work was cancelled.', { cause: error });
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!isErrorCode(code)) return error;
  noteFailure(code);
  const hint = REMEDIES[code] ?? GENERAL;
  const message = error.message.includes(subject) ? error.message : `${subject}: ${error.message}`;
  return new AppError(code, message, { ...(hint === '' ? {} : { hint }), cause: error, details: { subject } });
}

/** Runs a native call and gives its failures their remedy. Whoever listens hears of a lost device. */
export async function withRemedy<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw nativeError(error, subject);
  }
}

function isErrorCode(code: string): code is ErrorCode {
  // Node's own (ERR_…, ENOENT) are no codes of ours.
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^CANCELLED$/.test(code) && !code.startsWith('ERR_');
}

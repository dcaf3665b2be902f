import { AppError, isAbort } from '../shared/app-error';

interface Pattern {
  readonly pattern: RegExp;
  make(match: RegExpMatchArray, model: string, cause: unknown): AppError;
}

/** What ONNX Runtime says when it refuses a model, in the order in which it is looked for. */
const patterns: readonly Pattern[] = [
  {
    pattern:
      /(?:No Op registered for|Fatal error:)\s+([\w.:]+?)(?:\(-?\d+\))?\s+(?:with domain_version|is not a registered)/,
    make: (match, model, cause) => unsupportedOperator(match[1] ?? 'unknown', model, cause),
  },
  {
    pattern:
      /(?:Could not find an implementation for|NOT_IMPLEMENTED[^\n]*?for)\s+(?:the node\s+)?([\w.:]+?)(?:\(\d+\))?(?:\s|$)/,
    make: (match, model, cause) => unsupportedOperator(match[1] ?? 'unknown', model, cause),
  },
  {
    pattern:
      /(?:ONNX Runtime only \*?guarantees\*? support for models stamped with official released onnx opset versions|Opset \d+ is under development|unsupported opset)[^\n]*/i,
    make: (_, model, cause) =>
      new AppError('ONNX_OPSET_UNSUPPORTED', `${model} uses an operator set that ONNX Runtime does not know.`, {
        hint: 'Export it again with opset 17.',
        cause,
        details: { model },
      }),
  },
  {
    pattern: /Unsupported model IR version: (\d+)/,
    make: (match, model, cause) =>
      new AppError('ONNX_IR_UNSUPPORTED', `${model} is of ONNX version ${match[1] ?? '?'}, which is too new.`, {
        hint: 'Export it again with opset 17, or update the studio.',
        cause,
        details: { model },
      }),
  },
  {
    pattern: /external (?:data|initializer)|model_path must not be empty|cannot get file size/i,
    make: (_, model, cause) =>
      new AppError('ONNX_EXTERNAL_MISSING', `A weights file that belongs to ${model} is missing or cannot be read.`, {
        hint: 'Put the files that were exported together into one folder.',
        cause,
        details: { model },
      }),
  },
  {
    // The last ones are JavaScript's own words for a buffer that is too large.
    pattern:
      /bad_alloc|Failed to allocate memory|out of memory|Invalid typed array length|Invalid array buffer length|Array buffer allocation failed/i,
    make: (_, model, cause) =>
      new AppError('OUT_OF_MEMORY', `There is not enough memory to run ${model}.`, {
        hint: 'Choose a smaller input size, or tiles, in the size policy; or close other programs.',
        cause,
        details: { model },
      }),
  },
];

/** ONNX Runtime would not open a model. */
export function openError(error: unknown, model: string): unknown {
  if (error instanceof AppError || isAbort(error)) return error;
  const known = knownError(error, model);
  if (known !== null) return known;
  const reason = reasonOf(error);
  return new AppError('ONNX_REFUSED', `ONNX Runtime refuses ${model}: ${reason}`, {
    hint: 'The file may be damaged or unusual. Export or download it again.',
    cause: error,
    details: { model, reason },
  });
}

/** ONNX Runtime failed while it ran a model, on a picture of `size` where that is known. */
export function runError(error: unknown, model: string, size?: { width: number; height: number }): unknown {
  if (error instanceof AppError || isAbort(error)) return error;
  const known = knownError(error, model);
  if (known !== null) return known;
  const reason = reasonOf(error);
  const where = size === undefined ? 'while it ran' : `on an input of ${size.width} x ${size.height}`;
  return new AppError('MODEL_RUN_FAILED', `${model} failed ${where}: ${reason}`, {
    hint: 'Try another input size in the size policy; many networks need sides that are multiples of 32.',
    cause: error,
    details: { model, reason, ...size },
  });
}

function knownError(error: unknown, model: string): AppError | null {
  const message = error instanceof Error ? error.message : String(error);
  for (const { pattern, make } of patterns) {
    const match = pattern.exec(message);
    if (match !== null) return make(match, model, error);
  }
  return null;
}

function unsupportedOperator(operator: string, model: string, cause: unknown): AppError {
  return new AppError(
    'ONNX_UNSUPPORTED_OPERATOR',
    `${model} uses the operator ${operator}, which ONNX Runtime does not have.`,
    {
      hint: 'Export the network without it, or use a runtime that has a plugin for it.',
      cause,
      details: { model, operator },
    },
  );
}

/** The last sentence says what was wrong; what comes before are source files and line numbers. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split('\n').find((part) => part.trim() !== '') ?? message;
  return line
    .replace(/^Load model from .*? failed:\s*/, '')
    .replace(/^.*?(?:Status Message|Error in Node):\s*/, '')
    .replace(/\S*\/onnxruntime\/\S+\s*/g, '')
    .trim();
}

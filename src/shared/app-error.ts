/**
 * An expected failure: something a user can cause and a user can mend. Everything that is not an AppError is a bug
 * and keeps its stack.
 *
 * `message` says what happened and names the file; `hint` says what to do about it. Both are complete sentences in
 * English; `code` is stable, so that shells can translate by it and scripts can match on it.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Values that the message was made from (file names, sizes, operators), for translation and for JSON output. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; details?: Readonly<Record<string, string | number>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** SCREAMING_SNAKE, grouped by what failed: FILE_…, IMAGE_…, ONNX_…, MODEL_…, ENGINE_…, HOST_…, NETWORK_…. */
export type ErrorCode = `${Uppercase<string>}`;

/** What of an error crosses a process boundary or is printed by `--json`. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, string | number>>;
  /** Present for bugs only: an AppError is explained by its message. */
  readonly stack?: string;
}

export function toErrorReport(error: unknown): ErrorReport {
  if (error instanceof AppError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(Object.keys(error.details).length > 0 ? { details: error.details } : {}),
    };
  }
  if (isAbort(error)) return { code: 'CANCELLED', message: 'The work was cancelled.' };
  const bug = error instanceof Error ? error : new Error(String(error));
  return { code: 'INTERNAL', message: bug.message, ...(bug.stack === undefined ? {} : { stack: bug.stack }) };
}

/** The receiving side's counterpart of {@link toErrorReport}. */
export function fromErrorReport(report: ErrorReport): Error {
  if (report.code === 'INTERNAL') {
    const bug = new Error(report.message);
    if (report.stack !== undefined) bug.stack = report.stack;
    return bug;
  }
  return new AppError(report.code as ErrorCode, report.message, {
    ...(report.hint === undefined ? {} : { hint: report.hint }),
    ...(report.details === undefined ? {} : { details: report.details }),
  });
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'CANCELLED'));
}

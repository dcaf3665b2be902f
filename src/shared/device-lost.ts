import { AppError } from './app-error';

/**
 * Codes of a GPU that a process has lost, after a fault in a kernel: for the work that lost it, and for what comes after.
 * Nothing else that the same process asks of it will fare better.
 */
const CODES: ReadonlySet<string> = new Set(['DEVICE_LOST', 'SESSION_BROKEN']);

export function meansDeviceLost(code: string): boolean {
  return CODES.has(code);
}

/** The same error with the name of the picture that was in work; null where the GPU is still there. */
export function deviceLostAt(name: string, error: unknown): AppError | null {
  if (!(error instanceof AppError) || !meansDeviceLost(error.code)) return null;
  const { code, message, hint, details } = error;
  return new AppError(code, `${name}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    details,
    cause: error,
  });
}

/**
 * After a fault in a kernel every call of CUDA fails for as long as the process lives: a state of the process, whoever
 * opened the session that ran into it. What can start another process listens here.
 */
const listeners = new Set<() => void>();

/** Codes that the native code gives once the device is lost: to the work that lost it, and to what comes after. */
const CODES: ReadonlySet<string> = new Set(['DEVICE_LOST', 'SESSION_BROKEN']);

/** Calls `listener` whenever work fails because the device is lost. Answers with a function that ends that. */
export function onDeviceLost(listener: () => void): () => void {
  // Wrapped, so that one function may listen twice and leave once.
  const entry = (): void => listener();
  listeners.add(entry);
  return () => void listeners.delete(entry);
}

/** Told of the code of everything that fails natively. */
export function noteFailure(code: string): void {
  if (CODES.has(code)) for (const listener of [...listeners]) listener();
}

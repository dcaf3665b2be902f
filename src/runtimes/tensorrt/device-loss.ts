import { meansDeviceLost } from '../../shared/device-lost';

/**
 * After a fault in a kernel every call of CUDA fails for as long as the process lives: a state of the process, whoever
 * opened the session that ran into it. What can start another process listens here.
 */
const listeners = new Set<() => void>();

/** Calls `listener` whenever work fails because the device is lost. Answers with a function that ends that. */
export function onDeviceLost(listener: () => void): () => void {
  // Wrapped, so that one function may listen twice and leave once.
  const entry = (): void => listener();
  listeners.add(entry);
  return () => void listeners.delete(entry);
}

/** Told of the code of everything that fails natively. */
export function noteFailure(code: string): void {
  if (meansDeviceLost(code)) for (const listener of [...listeners]) listener();
}

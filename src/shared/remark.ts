import type { ErrorReport } from './app-error';

/** A remark's details: the names and figures that its sentence is made of. */
export type RemarkDetails = Readonly<Record<string, string | number>>;

/**
 * What was assumed, left out or is worth knowing: told to the user, in the way of nothing.
 * @param code in small letters, which tells it from an error; shells translate by it
 * @param message a sentence in English, made of `details`
 */
export function remark(code: string, message: string, details: RemarkDetails = {}): ErrorReport {
  return { code, message, details };
}

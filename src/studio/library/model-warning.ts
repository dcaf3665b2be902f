import type { ErrorReport } from '../../shared/app-error';

/**
 * Something that was assumed about a model, or that contradicts something else: told to the user, in the way of nothing.
 * @param code in small letters, which tells it from an error; shells translate by it
 * @param message a sentence in English, made of `details`
 */
export function modelWarning(
  code: string,
  message: string,
  details: Readonly<Record<string, string | number>> = {},
): ErrorReport {
  return { code, message, details };
}

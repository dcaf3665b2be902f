import { AppError } from '../../shared/app-error';

/** A name alone: no shell may leave the folder it was given. @throws AppError FILE_NAME_INVALID */
export function fileName(name: string): string {
  if (name !== '' && !/[\\/\u0000]/.test(name) && name !== '..') return name;
  throw new AppError('FILE_NAME_INVALID', `"${name}" is no file name.`, { hint: 'Choose another name.' });
}

import { isAbsolute, relative, resolve, sep } from 'node:path';
import { AppError } from '../shared/app-error';

/**
 * Which files a shell may name. The desktop's main process grants what the user dropped or picked; the browser's server
 * grants its upload folder; the terminal grants everything, since its user could read the files anyway.
 */
export interface FileAccess {
  check(path: string): void;
}

export const unrestrictedAccess: FileAccess = { check: () => undefined };

export class GrantedAccess implements FileAccess {
  readonly #roots = new Set<string>();

  /** A file, or a folder with all that lies in it. */
  grant(path: string): void {
    this.#roots.add(resolve(path));
  }

  check(path: string): void {
    const wanted = resolve(path);
    for (const root of this.#roots) {
      const inside = relative(root, wanted);
      if (inside === '' || (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))) return;
    }
    throw new AppError('FILE_NOT_GRANTED', `The studio was not given access to ${path}.`, {
      hint: 'Open it through the file dialog, or drop it on the window.',
      details: { path },
    });
  }
}

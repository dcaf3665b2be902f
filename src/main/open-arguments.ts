import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * The files and folders named on a command line.
 * @param argv as the process got it
 * @param skip how many of its plain words are the program itself (the app folder when started as `electron FOLDER`)
 * @param cwd what relative names are relative to
 */
export function pathsInArguments(argv: readonly string[], skip: number, cwd: string): string[] {
  return argv
    .slice(1)
    .filter((argument) => !argument.startsWith('-'))
    .slice(skip)
    .map((argument) => resolve(cwd, argument))
    .filter((path) => existsSync(path));
}

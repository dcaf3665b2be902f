import { statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { ErrorReport } from '../shared/app-error';
import type { PictureEntry } from '../shared/domain/picture';
import type { CliContext } from './context';
import type { LocalStudio } from './open-studio';
import type { PlannedInput } from '../studio/batch/output-plan';

/** A picture to segment, or an argument that is none, in the order of the command line. */
export type SegmentInput =
  | (PlannedInput & { readonly kind: 'picture'; readonly label: string; readonly pictureId: string })
  | { readonly kind: 'rejected'; readonly label: string; readonly error: ErrorReport };

/**
 * Resolves the arguments of `segment`: files, folders (walked in depth), and `-` for one picture on stdin. What is no
 * picture is told with its reason and does not stop the rest. A picture named twice is taken once.
 */
export async function collectInputs(
  studio: LocalStudio,
  context: CliContext,
  args: readonly string[],
): Promise<SegmentInput[]> {
  const inputs: SegmentInput[] = [];
  const seen = new Set<string>();
  for (const arg of args) {
    const collected = arg === '-' ? await fromStdin(studio, context) : await fromPath(studio, context, arg);
    for (const input of collected) {
      const key = input.kind === 'picture' ? (input.path ?? input.label) : null;
      if (key !== null && seen.has(key)) continue;
      if (key !== null) seen.add(key);
      inputs.push(input);
    }
  }
  return inputs;
}

async function fromPath(studio: LocalStudio, context: CliContext, arg: string): Promise<SegmentInput[]> {
  const path = resolve(context.io.cwd, arg);
  const folder = isFolder(path) ? path : null;
  const { added, rejected } = await studio.call('pictures.add', { paths: [path] });
  if (added.length === 0 && rejected.length === 0) return [{ kind: 'rejected', label: arg, error: nothingFound(arg) }];
  const videos = folder === null ? [] : added.filter(({ kind }) => kind === 'video');
  if (videos.length > 0) context.terminal.warning(`${arg}: ${videos.length} videos are left out.`);
  const pictures = added.filter((entry) => !videos.includes(entry));
  return [
    ...pictures.map((entry) => picture(entry, folder, labelOf(entry, arg, folder))),
    ...rejected.map(({ name, error }): SegmentInput => {
      const itself = folder === null || added.length === 0 || name === path;
      return { kind: 'rejected', label: itself ? arg : labelBelow(arg, folder, name), error };
    }),
  ];
}

async function fromStdin(studio: LocalStudio, { io }: CliContext): Promise<SegmentInput[]> {
  const bytes = await readAll(io.stdin);
  const { added, rejected } = await studio.call('pictures.addBytes', { name: 'stdin', bytes });
  return [
    ...added.map((entry) => picture(entry, null, '-')),
    ...rejected.map(({ error }): SegmentInput => ({ kind: 'rejected', label: '-', error })),
  ];
}

function picture(entry: PictureEntry, folder: string | null, label: string): SegmentInput {
  return { kind: 'picture', label, pictureId: entry.id, path: entry.path, name: entry.name, folder };
}

/** Files are called as the user called them: relative arguments stay relative. */
function labelOf(entry: PictureEntry, arg: string, folder: string | null): string {
  if (folder === null || entry.path === null) return arg;
  return join(arg, relative(folder, entry.path));
}

function labelBelow(arg: string, folder: string, name: string): string {
  return isAbsolute(name) ? join(arg, relative(folder, name)) : join(arg, name);
}

function nothingFound(arg: string): ErrorReport {
  return {
    code: 'FOLDER_WITHOUT_PICTURES',
    message: `There are no pictures in ${arg}.`,
    hint: 'Name a folder that holds pictures, at any depth.',
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

async function readAll(stream: Readable): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return new Uint8Array(Buffer.concat(chunks));
}

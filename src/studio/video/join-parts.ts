import { rename, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../shared/app-error';
import { runTool } from './ffmpeg';
import { reasonOf } from './probe-video';

/**
 * Videos of one encoder as one video, their streams copied as they are. A single one is only renamed.
 * @param to `list` a file for what is told to ffmpeg, beside the parts
 * @throws AppError VIDEO_ENCODE_FAILED
 */
export async function joinParts(
  ffmpeg: string,
  parts: readonly string[],
  to: { readonly list: string; readonly out: string },
): Promise<void> {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return rename(first, to.out);
  // Names alone: they are taken relative to the list, and are ours, so that nothing in them needs quoting.
  await writeFile(to.list, parts.map((part) => `file '${basename(part)}'\n`).join(''));
  const faststart = /\.(mp4|mov)$/i.test(to.out) ? ['-movflags', '+faststart'] : [];
  const args = ['-v', 'error', '-nostdin', '-y', '-f', 'concat', '-i', to.list, '-c', 'copy', ...faststart, to.out];
  const { code, stderr } = await runTool(ffmpeg, args, new AbortController().signal);
  if (code === 0) return;
  throw new AppError('VIDEO_ENCODE_FAILED', `The parts of the video cannot be joined: ${reasonOf(stderr)}`, {
    hint: 'Free some space, and start the export again: it goes on where it ended.',
    details: { file: basename(to.out) },
  });
}

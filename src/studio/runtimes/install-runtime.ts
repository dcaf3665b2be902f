import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, statfs, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/app-error';
import { runtimesFolder } from '../../runtimes/tensorrt/find-libraries-places';
import { isMissing, readTextIfPresent, writeError, writeFileAtomically } from '../library/json-file';
import { fetchJar, hasMaven, unpackJar } from './maven';
import type { InstallPlan } from './offers';
import type { FetchContext } from './pip';
import { fetchWheel, findPip, unpackWheel } from './pip';
import type { Environment } from './run-tool';
import { cancelled } from './run-tool';
import { bytesIn } from './watch-bytes';

export type InstallPhase = 'prepare' | 'download' | 'unpack' | 'finish';

export interface InstallOptions {
  readonly dataDirectory: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly onProgress: (phase: InstallPhase, done: number, total: number) => void;
  readonly onLog: (line: string) => void;
}

/** Kept in the installed folder: what it is and where it came from. */
const recordSchema = z.object({
  format: z.literal(1),
  name: z.string(),
  id: z.enum(['rtx', 'tensorrt']),
  version: z.string(),
  from: z.string(),
  installedAt: z.string(),
  bytes: z.number(),
});
export type InstallRecord = z.infer<typeof recordSchema>;

const RECORD = 'installed.json';
const STAGING = /^\.staging-(\d+)-/;

/** Runtimes that were installed whole, by name. */
export async function installedRuntimes(dataDirectory: string): Promise<string[]> {
  const folder = runtimesFolder(dataDirectory);
  const names = (await readdir(folder).catch((): string[] => [])).sort();
  const found = await Promise.all(
    names.map(async (name) => ((await readRecord(join(folder, name))) === null ? [] : [name])),
  );
  return found.flat();
}

/**
 * Fetches a runtime and puts it into the studio's folder: whole, or not at all. What was fetched whole before a failure
 * or a cancel is kept and taken by the next call.
 * @returns the installed runtime's name
 * @throws AppError PYTHON_MISSING, PIP_MISSING, NETWORK_…, RUNTIME_…, DISK_FULL, FILE_NOT_WRITABLE, CANCELLED
 */
export async function installRuntime(plan: InstallPlan, options: InstallOptions): Promise<string> {
  const { dataDirectory, signal, onProgress, onLog } = options;
  const folder = runtimesFolder(dataDirectory);
  const target = join(folder, plan.name);
  onProgress('prepare', 0, 0);
  if ((await readRecord(target)) !== null) {
    onLog(`${plan.title} is installed already: ${target}`);
    return plan.name;
  }
  const scratch = await makeScratch(folder);
  try {
    await checkRoom(folder, plan);
    const unpacked = join(scratch, 'runtime');
    await mkdir(unpacked);
    const from = await fill(plan, unpacked, scratch, options);
    if (signal.aborted) throw cancelled();
    onProgress('finish', 0, 0);
    await addLinks(unpacked);
    const { id, version, name } = plan;
    const installedAt = new Date().toISOString();
    const record: InstallRecord = { format: 1, name, id, version, from, installedAt, bytes: await bytesIn([unpacked]) };
    await writeFileAtomically(join(unpacked, RECORD), `${JSON.stringify(record, null, 2)}\n`);
    await rm(target, { recursive: true, force: true });
    await rename(unpacked, target);
    await rm(join(folder, '.downloads', plan.name), { recursive: true, force: true });
    onLog(`${plan.title} was installed: ${target}`);
    return plan.name;
  } catch (error) {
    throw error instanceof Error && 'code' in error && error.code === 'ENOSPC' ? writeError(error, target) : error;
  } finally {
    await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Removes an installed runtime.
 * @throws AppError RUNTIME_NOT_INSTALLED, FILE_NOT_WRITABLE
 */
export async function removeRuntime(dataDirectory: string, name: string): Promise<void> {
  const folder = runtimesFolder(dataDirectory);
  const installed = await installedRuntimes(dataDirectory);
  if (!installed.includes(name)) {
    throw new AppError('RUNTIME_NOT_INSTALLED', `No runtime named ${name} was installed by Maskforge.`, {
      hint: installed.length > 0 ? `Installed: ${installed.join(', ')}.` : 'None is installed.',
      details: { name },
    });
  }
  // Gone at once for whoever looks, even if removing takes a while or is broken off.
  const away = join(folder, `.staging-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await rename(join(folder, name), away);
  } catch (error) {
    throw writeError(error, join(folder, name));
  }
  await rm(away, { recursive: true, force: true }).catch(() => undefined);
}

/** @returns where it came from */
async function fill(plan: InstallPlan, unpacked: string, scratch: string, options: InstallOptions): Promise<string> {
  const { dataDirectory, env, signal, onProgress, onLog } = options;
  const downloads = join(runtimesFolder(dataDirectory), '.downloads');
  const python = await findPip(env, signal);
  const context = (phase: InstallPhase, total: number): FetchContext => ({
    env,
    signal,
    downloads,
    scratch,
    onBytes: (done) => onProgress(phase, Math.min(done, total), total),
    onLog,
  });
  const [fetching, unpacking] = [context('download', plan.downloadBytes), context('unpack', plan.diskBytes)];
  onProgress('download', 0, plan.downloadBytes);
  try {
    const wheel = await fetchWheel(python, plan, fetching);
    onProgress('unpack', 0, plan.diskBytes);
    await unpackWheel(python, wheel, unpacked, plan, unpacking);
    return plan.pip.requirement;
  } catch (error) {
    const { maven } = plan;
    if (maven === null || !mayBeElsewhere(error)) throw explainIndex(error, plan);
    if (!(await hasMaven(env, signal))) throw explainIndex(error, plan);
    onLog(`${(error as AppError).message} Trying Maven Central.`);
    onProgress('download', 0, maven.downloadBytes);
    const jar = await fetchJar(plan, maven, context('download', maven.downloadBytes));
    onProgress('unpack', 0, plan.diskBytes);
    await unpackJar(python, jar, unpacked, plan, maven, unpacking);
    return maven.artifact;
  }
}

function mayBeElsewhere(error: unknown): boolean {
  return (
    error instanceof AppError &&
    ['NETWORK_OFFLINE', 'NETWORK_PROXY_REFUSED', 'NETWORK_TIMEOUT', 'RUNTIME_NOT_FOUND'].includes(error.code)
  );
}

/** The usual index holds only a placeholder for TensorRT: that NVIDIA's own was out of reach has to be said. */
function explainIndex(error: unknown, plan: InstallPlan): unknown {
  if (plan.pip.extraIndex === null || !mayBeElsewhere(error) || !(error instanceof AppError)) return error;
  const elsewhere = plan.maven === null ? '' : ' With Maven (mvn) installed, it is fetched from Maven Central instead.';
  return new AppError(
    'RUNTIME_INDEX_UNREACHABLE',
    `${plan.title} lies in NVIDIA's own package index (${plan.pip.extraIndex}), which did not give it out.`,
    {
      hint: `Check that this network reaches it, or set PIP_EXTRA_INDEX_URL to a mirror.${elsewhere} Or install TensorRT yourself and name its folder with MASKFORGE_TENSORRT.`,
      cause: error,
      details: error.details,
    },
  );
}

/** The ONNX parser of RTX asks for the name without a version, which the wheel does not hold. */
async function addLinks(unpacked: string): Promise<void> {
  if (process.platform === 'win32') return;
  const inner = join(unpacked, 'tensorrt_rtx_libs');
  const names = await readdir(inner).catch((): string[] => []);
  const library = names.find((name) => /^libtensorrt_rtx\.so\.\d+$/.test(name));
  if (library !== undefined && !names.includes('libtensorrt_rtx.so')) {
    await symlink(library, join(inner, 'libtensorrt_rtx.so'));
  }
}

/** An empty folder on the same disk as the target. What runs that died left is removed. */
async function makeScratch(folder: string): Promise<string> {
  const scratch = join(folder, `.staging-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(scratch, { recursive: true });
  } catch (error) {
    throw writeError(error, folder);
  }
  for (const name of await readdir(folder)) {
    const pid = STAGING.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { recursive: true, force: true });
  }
  return scratch;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function checkRoom(folder: string, plan: InstallPlan): Promise<void> {
  // Electron 22's Node does not have it yet; pip's own complaint is understood as well.
  if (typeof statfs !== 'function') return;
  const { bavail, bsize } = await statfs(folder);
  const needed = plan.downloadBytes + plan.diskBytes;
  const free = bavail * bsize;
  if (free >= needed) return;
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  throw new AppError(
    'DISK_FULL',
    `${plan.title} needs ${megabytes(needed)} in ${folder}; ${megabytes(free)} are free.`,
    {
      hint: 'Free some space, or name another data folder with MASKFORGE_HOME.',
      details: { needed, free },
    },
  );
}

async function readRecord(folder: string): Promise<InstallRecord | null> {
  try {
    if (!(await stat(folder)).isDirectory()) return null;
    const text = await readTextIfPresent(join(folder, RECORD));
    return text === null ? null : recordSchema.parse(JSON.parse(text));
  } catch (error) {
    if (isMissing(error)) return null;
    return null;
  }
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { InstallPlan, MavenPlan } from './offers';
import type { FetchContext } from './pip';
import { pipFailure } from './pip-failure';
import type { Environment } from './run-tool';
import { runTool } from './run-tool';
import { bytesIn, watchBytes } from './watch-bytes';

/** Pinned, so that the same command works with every Maven 3. */
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';

/** Python's own unpacker takes archives beyond 4 GB, and is where pip is. */
const UNPACK = `
import os, shutil, sys, zipfile
jar, target, folder, *names = sys.argv[1:]
with zipfile.ZipFile(jar) as archive:
    for name in names:
        with archive.open(folder + '/' + name) as stream, open(os.path.join(target, name), 'wb') as out:
            shutil.copyfileobj(stream, out, 1 << 20)
`;

export async function hasMaven(env: Environment, signal: AbortSignal): Promise<boolean> {
  return (await runTool(mavenProgram(), ['-v'], { env, signal })).code === 0;
}

/**
 * Fetches TensorRT's libraries from Maven Central and checks them against our checksum.
 * @returns the archive's path
 */
export async function fetchJar(plan: InstallPlan, maven: MavenPlan, context: FetchContext): Promise<string> {
  const { env, signal, downloads, scratch, onBytes, onLog } = context;
  const kept = join(downloads, plan.name, maven.file);
  if ((await stat(kept).catch(() => null)) !== null) {
    onLog(`${kept} is there already.`);
    return kept;
  }
  const arrived = join(scratch, 'jar');
  await mkdir(arrived, { recursive: true });
  const stop = watchMaven([storeOf(maven, env)], onBytes);
  try {
    const args = ['-q', '-B', COPY, `-Dartifact=${maven.artifact}`, `-DoutputDirectory=${arrived}`];
    const outcome = await runTool(mavenProgram(), args, { env, cwd: scratch, signal, onLine: onLog });
    if (outcome.code !== 0) throw pipFailure(outcome.output, plan);
  } finally {
    stop();
  }
  const jar = join(arrived, maven.file);
  if ((await sha256(jar, signal)) !== maven.sha256) {
    throw new AppError('RUNTIME_CHECKSUM_MISMATCH', `What arrived for ${plan.title} is not what was published.`, {
      hint: 'Nothing was installed. A mirror or proxy may have changed it; try again from another network.',
    });
  }
  await rm(join(downloads, plan.name), { recursive: true, force: true });
  await mkdir(join(downloads, plan.name), { recursive: true });
  await rename(jar, kept);
  return kept;
}

export async function unpackJar(
  python: string,
  jar: string,
  target: string,
  plan: InstallPlan,
  maven: MavenPlan,
  { env, signal, onBytes, onLog }: FetchContext,
): Promise<void> {
  const stop = watchBytes([target], onBytes);
  try {
    const args = ['-c', UNPACK, jar, target, maven.folder, ...maven.libraries];
    const outcome = await runTool(python, args, { env, signal, onLine: onLog });
    if (outcome.code !== 0) throw pipFailure(outcome.output, plan);
  } finally {
    stop();
  }
}

/** Maven downloads into a store of its own, which may hold other things: only what comes is counted. */
function watchMaven(folders: readonly string[], onBytes: (bytes: number) => void): () => void {
  let before: number | null = null;
  let stop: (() => void) | null = null;
  let ended = false;
  void bytesIn(folders).then((bytes) => {
    before = bytes;
    if (!ended) stop = watchBytes(folders, (total) => onBytes(total - (before ?? 0)));
  });
  return () => {
    ended = true;
    stop?.();
  };
}

function storeOf({ artifact }: MavenPlan, env: Environment): string {
  const [group = '', name = '', version = ''] = artifact.split(':');
  const home = env['HOME'] ?? homedir();
  return join(home, '.m2', 'repository', ...group.split('.'), name, version);
}

function mavenProgram(): string {
  return process.platform === 'win32' ? 'mvn.cmd' : 'mvn';
}

async function sha256(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

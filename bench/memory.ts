/**
 * Memory over a long folder: 500 pictures, each a file of its own, through the studio as a job that writes index masks.
 * `npm run bench -- memory [pictures]` prints JSON; what counts is how much the process grows after the first 50.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Job } from '../src/shared/domain/job';
import { unrestrictedAccess } from '../src/studio/file-access';
import { walkFolder } from '../src/studio/pictures/walk-folder';
import { createStudio } from '../src/studio/studio';
import { machine, occasion, record, runToEnd } from './record';

const MEBIBYTE = 1024 * 1024;
const LIMIT_MEBIBYTES = 50;
const count = Number(process.argv[2] ?? 500);
const work = mkdtempSync(join(tmpdir(), 'bench-memory-'));

async function main(): Promise<void> {
  const folder = await manyPictures();
  /** Resident megabytes after so many pictures. */
  const resident = new Map<number, number>();
  let ended: (job: Job) => void = () => undefined;
  const job = new Promise<Job>((resolve) => (ended = resolve));
  const studio = await createStudio({
    dataDirectory: join(work, 'data'),
    resourcesDirectory: 'resources',
    access: unrestrictedAccess,
    emit: (name, payload) => {
      if (name !== 'jobs.changed') return;
      const { done, state } = payload as Job;
      if (done > 0 && !resident.has(done)) resident.set(done, Math.round(process.memoryUsage().rss / MEBIBYTE));
      if (done % 50 === 0) process.stderr.write(`${done} of ${count}: ${resident.get(done) ?? '?'} MiB\n`);
      if (state !== 'running') ended(payload as Job);
    },
  });
  const context = { signal: new AbortController().signal };
  const { handlers } = studio;
  const { id: sessionId } = await handlers['session.open'](
    { modelId: 'street-b0', runtime: 'onnxruntime', threads: 0 },
    context,
  );
  const { added } = await handlers['pictures.add']({ paths: [folder] }, context);
  const pictureIds = added.map(({ id }) => id);
  const style = { opacity: 0.55, mode: 'fill' as const, outlineWidth: 2, colors: {}, hidden: [] };
  const directory = join(work, 'masks');
  await handlers['export.pictures']({ sessionId, pictureIds, formats: ['index', 'csv'], style, directory }, context);
  const { state, failures } = await job;
  await studio.close();
  report(resident, state, failures.length);
}

/** Copies of the samples under many names: the studio takes each path for a picture of its own. */
async function manyPictures(): Promise<string> {
  const samples = await walkFolder(join('resources', 'samples', 'pictures'), () => undefined);
  const folder = join(work, 'pictures');
  mkdirSync(folder);
  for (let i = 0; i < count; i++) {
    const sample = samples[i % samples.length];
    if (sample !== undefined) copyFileSync(sample.path, join(folder, `${i}${extname(sample.name)}`));
  }
  return folder;
}

function report(resident: ReadonlyMap<number, number>, state: string, failures: number): void {
  const at = (wanted: number): number => {
    // Progress is announced a few times a second, so that some numbers are missing.
    const known = [...resident.keys()].filter((done) => done >= wanted).sort((a, b) => a - b);
    return resident.get(known[0] ?? Math.max(...resident.keys())) ?? NaN;
  };
  const steps = [1, 10, 50, 100, 200, 300, 400, 500].filter((done) => done <= count);
  const growth = at(count) - at(50);
  const result = {
    ...occasion('memory'),
    device: machine(),
    versions: { node: process.version },
    pictures: count,
    state,
    failures,
    residentMebibytes: Object.fromEntries(steps.map((done) => [done, at(done)])),
    growthFrom50Mebibytes: growth,
    highestMebibytes: Math.max(...resident.values()),
    limitMebibytes: LIMIT_MEBIBYTES,
    holds: growth < LIMIT_MEBIBYTES,
  };
  record('memory', result);
}

runToEnd(main, () => rmSync(work, { recursive: true, force: true }));

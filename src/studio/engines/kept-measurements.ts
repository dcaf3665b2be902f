import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { benchReportSchema } from '../../shared/domain/engine-measurement';
import type { BenchReport } from '../../shared/domain/engine-measurement';
import type { EngineSummary } from '../../shared/domain/engine';
import type { EngineKept } from '../../shared/domain/engine-kept';
import { engineVerificationSchema } from '../../shared/domain/verification';
import { readTextIfPresent, writeFileAtomically } from '../library/json-file';
import { plainBytes } from '../plain-bytes';
import { engineFiles } from './engine-files';

/** Where the masks of a picture differ, drawn. */
export interface Difference {
  readonly name: string;
  readonly jpeg: Uint8Array;
}

const keptBenchSchema = z.object({ at: z.string(), report: benchReportSchema });
const nameSchema = z.object({ name: z.string() });
const differencesSchema = z.array(z.object({ name: z.string(), file: z.string() }));

const NAME_FILE = 'name.json';
const BENCH_FILE = 'bench.json';
const DIFFERENCES_FOLDER = 'differences';
const DIFFERENCES_LIST = 'list.json';
const NANOSECONDS = 1e6;

/** What lies beside an engine. A file that cannot be read counts as none: it can be measured anew. */
export async function readKept({ id, path }: Pick<EngineSummary, 'id' | 'path'>): Promise<EngineKept> {
  const [name, verification, bench] = await Promise.all([
    read(join(path, NAME_FILE), nameSchema),
    read(join(path, engineFiles.verification), engineVerificationSchema),
    read(join(path, BENCH_FILE), keptBenchSchema),
  ]);
  return {
    engineId: id,
    name: name?.name ?? '',
    agreement:
      verification === null
        ? null
        : {
            pixelAgreement: verification.agreement.pixelAgreement,
            meanIou: verification.agreement.meanIou,
            pictures: verification.pictures,
            reference: `${verification.reference.runtime} ${verification.reference.precision}`,
            at: verification.at,
            engineMs: verification.timings.engine.total / NANOSECONDS,
            referenceMs: verification.timings.reference.total / NANOSECONDS,
          },
    latency:
      bench === null
        ? null
        : {
            medianMs: bench.report.gpuComputeTime.median,
            p99Ms: bench.report.gpuComputeTime.p99,
            iterations: bench.report.iterations,
            device: bench.report.device,
            at: bench.at,
          },
  };
}

/** Keeps the last benchmark beside its engine. */
export async function keepBench(folder: string, report: BenchReport): Promise<void> {
  const text = `${JSON.stringify({ at: new Date().toISOString(), report }, null, 2)}\n`;
  await writeFileAtomically(join(folder, BENCH_FILE), text);
}

/** Keeps where the worst pictures of the last comparison differ, in place of those of the one before. */
export async function keepDifferences(folder: string, differences: readonly Difference[]): Promise<void> {
  const directory = join(folder, DIFFERENCES_FOLDER);
  await rm(directory, { recursive: true, force: true });
  const names = differences.map(({ name }, index) => ({ name, file: `${index + 1}.jpg` }));
  for (const [index, { jpeg }] of differences.entries()) {
    await writeFileAtomically(join(directory, `${index + 1}.jpg`), jpeg);
  }
  await writeFileAtomically(join(directory, DIFFERENCES_LIST), `${JSON.stringify(names)}\n`);
}

/** By picture, the worst first; what cannot be read is left out. */
export async function readDifferences(
  folder: string,
): Promise<{ name: string; mime: string; bytes: Uint8Array<ArrayBuffer> }[]> {
  const directory = join(folder, DIFFERENCES_FOLDER);
  const list = (await read(join(directory, DIFFERENCES_LIST), differencesSchema)) ?? [];
  const found = await Promise.all(
    list.map(async ({ name, file }) => {
      const bytes = await readFile(join(directory, basename(file))).catch(() => null);
      return bytes === null ? [] : [{ name, mime: 'image/jpeg', bytes: plainBytes(bytes) }];
    }),
  );
  return found.flat();
}

/** An empty name takes it away. */
export async function keepName(folder: string, name: string): Promise<void> {
  const file = join(folder, NAME_FILE);
  if (name === '') return rm(file, { force: true });
  await writeFileAtomically(file, `${JSON.stringify({ name })}\n`);
}

async function read<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    const text = await readTextIfPresent(file);
    return text === null ? null : (schema.safeParse(JSON.parse(text)).data ?? null);
  } catch {
    return null;
  }
}

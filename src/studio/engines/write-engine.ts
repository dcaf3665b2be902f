import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineProof, EngineRecord } from '../../shared/domain/engine';
import { logText } from '../../shared/domain/job';
import { calibrationToText } from '../../quantization/calibration-record';
import { writeError } from '../library/json-file';
import type { Compiled, Work } from './build-work';
import { seconds } from './build-work';
import { sha256OfFile } from './canonical';
import { engineFiles } from './engine-files';
import { engineKey } from './recipe';
import type { Rewritten } from './rewrite-graph';

/** Everything beside the plan and the graph; the record comes last: a folder without it is no engine. */
export async function writeEngine(
  work: Work,
  made: {
    readonly rewritten: Rewritten;
    readonly compiled: Compiled;
    readonly proof: EngineProof | null;
    readonly passSeconds: number;
  },
): Promise<EngineRecord> {
  const record = await describe(work, made);
  const { staged, lines, calibration } = work;
  const write = async (name: string, content: string): Promise<void> => {
    const path = join(staged, name);
    await writeFile(path, content).catch((error: unknown) => {
      throw writeError(error, path);
    });
  };
  await write(engineFiles.layers, made.compiled.layerInformation);
  if (calibration !== null) await write(engineFiles.calibration, calibrationToText(calibration));
  await write(engineFiles.log, `${lines.join('\n')}\n`);
  await write(engineFiles.recipe, `${JSON.stringify(record.recipe, null, 2)}\n`);
  await write(engineFiles.record, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

async function describe(
  work: Work,
  { rewritten, compiled, proof, passSeconds }: Parameters<typeof writeEngine>[1],
): Promise<EngineRecord> {
  const { plan, model, staged } = work;
  const part = async (file: string): Promise<EngineRecord['plan']> => {
    const path = join(staged, file);
    return { file, bytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
  };
  return {
    format: 1,
    id: engineKey(plan.recipe),
    builtAt: new Date().toISOString(),
    recipe: plan.recipe,
    model,
    input: rewritten.io.input,
    output: { ...rewritten.io.output, classes: rewritten.io.output.classes ?? model.output.classes },
    tensors: compiled.tensors.map((tensor) => ({ ...tensor, dims: [...tensor.dims] })),
    plan: await part(compiled.planFile),
    graph: await part(engineFiles.graph),
    layers: compiled.layers,
    passes: rewritten.reports.map(({ pass, findings, nodesBefore, nodesAfter, milliseconds }) => {
      return { pass, findings: findings.length, nodesBefore, nodesAfter, milliseconds };
    }),
    times: { passes: passSeconds, build: compiled.seconds, total: seconds() - work.started },
    warmCache: compiled.warmCache,
    proof,
    warnings: [...new Map(work.warnings.map((line) => [logText(line), line])).values()],
  };
}

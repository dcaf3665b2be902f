import { AppError } from '../../shared/app-error';
import type { StudioHandlers } from '../../shared/contract';
import type { RuntimeStatus } from '../../shared/domain/runtime';
import type { OfferId } from '../../shared/domain/runtime-library';
import { choiceFile, readChoice } from '../../runtimes/tensorrt/find-libraries-choice';
import type { FileAccess } from '../file-access';
import type { JobRegistry } from '../jobs/job-registry';
import { writeFileAtomically } from '../library/json-file';
import type { InstallPhase } from './install-runtime';
import { GpuWatch, nvidiaSmi } from './gpu-watch';
import { installRuntime, removeRuntime } from './install-runtime';
import { installPlan, licenceOf } from './offers';
import type { Environment } from './run-tool';
import { runtimeOverview } from './runtime-overview';

export interface RuntimeHandlerOptions {
  readonly dataDirectory: string;
  readonly access: FileAccess;
  readonly jobs: JobRegistry;
  readonly env: Environment;
  readonly probe: () => Promise<RuntimeStatus[]>;
  /** A runtime came, went or was chosen: what was found before is out of date. */
  readonly onChange: () => void;
}

type RuntimeHandlers = Pick<StudioHandlers, Extract<keyof StudioHandlers, `runtimes.${string}`>>;

const PHASES: Readonly<Record<InstallPhase, string>> = {
  prepare: 'preparing',
  download: 'downloading',
  unpack: 'unpacking',
  finish: 'finishing',
};

export function runtimeHandlers(options: RuntimeHandlerOptions): RuntimeHandlers {
  const { dataDirectory, access, jobs, env, probe, onChange } = options;
  const running = new Set<string>();
  const gpus = new GpuWatch(nvidiaSmi(env));
  const list = (): ReturnType<RuntimeHandlers['runtimes.list']> => runtimeOverview({ dataDirectory, env, probe });
  return {
    'runtimes.list': list,
    'runtimes.install': async ({ id, version, licenceAccepted }) => {
      const plan = installPlan(id, version, `${process.platform}-${process.arch}`);
      if (!licenceAccepted) throw notAccepted(id, plan.title);
      if (running.has(plan.name)) {
        throw new AppError('RUNTIME_ALREADY_RUNNING', `${plan.title} is being installed already.`, {
          hint: 'Wait for it, or cancel it.',
        });
      }
      running.add(plan.name);
      const order = { kind: 'download', title: plan.title, unit: 'bytes', total: 0 } as const;
      const jobId = jobs.start(order, async (job) => {
        let phase = '';
        try {
          const name = await installRuntime(plan, {
            dataDirectory,
            env,
            signal: job.signal,
            onProgress: (next, done, total) => {
              if (phase !== next) job.phase(PHASES[next]);
              phase = next;
              job.progress(done, total);
            },
            onLog: (line) => job.log(line),
          });
          job.result(name);
          onChange();
        } finally {
          running.delete(plan.name);
        }
      });
      return { jobId };
    },
    'runtimes.gpuLoads': async () => ({ gpus: await gpus.loads() }),
    'runtimes.remove': async ({ name }) => {
      await removeRuntime(dataDirectory, name);
      onChange();
      return null;
    },
    'runtimes.choose': async ({ directory, family }) => {
      // Libraries are code: only a folder that the user picked is searched.
      if (directory !== undefined && directory !== '') access.check(directory);
      const before = await readChoice(dataDirectory);
      const choice = {
        directory: directory ?? before.directory,
        family: family === undefined ? before.family : family,
      };
      await writeFileAtomically(choiceFile(dataDirectory), `${JSON.stringify(choice, null, 2)}\n`);
      onChange();
      return list();
    },
  };
}

function notAccepted(id: OfferId, title: string): AppError {
  const { name, url } = licenceOf(id);
  return new AppError('LICENCE_NOT_ACCEPTED', `The licence of ${title} has not been accepted: ${name}.`, {
    hint: `Read it at ${url ?? 'its page'}, then accept it.`,
    details: { id },
  });
}

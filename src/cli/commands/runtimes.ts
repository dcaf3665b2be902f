import type { Command } from 'commander';
import { Argument } from 'commander';
import { isAbsolute, resolve } from 'node:path';
import { AppError, fromErrorReport } from '../../shared/app-error';
import type { Job } from '../../shared/domain/job';
import type { FoundRuntime, OfferId, RuntimeLibrary } from '../../shared/domain/runtime-library';
import { installPlan, licenceOf } from '../../studio/runtimes/offers';
import { askForLicence } from '../ask-licence';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { followJob } from '../follow-job';
import { withStudio } from '../open-studio';
import { formatBytes, showProgress } from '../progress';
import { table } from '../table';

interface ListOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

interface InstallOptions {
  readonly version?: string;
  readonly acceptLicence?: boolean;
  readonly json?: boolean;
}

/** Where a person's eye finds out whether a runtime is of use. */
const STATES: Readonly<Record<FoundRuntime['state'], string>> = {
  builds: 'yes',
  'builds-only': 'builds only',
  runs: 'runs only',
  unserved: 'not here',
  incomplete: 'incomplete',
  broken: 'broken',
};
const FAMILIES = ['tensorrt-10', 'tensorrt-11', 'tensorrt-rtx'] as const;

export function registerRuntimes(program: Command): void {
  const runtimes = program
    .command('runtimes')
    .summary('what networks can run on here: list, install, remove, choose')
    .description(
      'What networks can run on: ONNX Runtime is always there; TensorRT is found where it is, or installed.',
    );
  runtimes
    .command('list', { isDefault: true })
    .description('Lists every runtime that was found, and what can be installed.')
    .option('--json', 'print everything as one JSON object')
    .option('--verbose', 'also print every place that was looked at')
    .action(async (options: ListOptions, command: Command) => list(contextOf(command), options));
  runtimes
    .command('install')
    .description('Installs a TensorRT into the data folder, with pip. NVIDIA’s licence has to be accepted.')
    .addArgument(
      new Argument('<runtime>', 'rtx (GeForce and RTX cards) or tensorrt (T4 to H200)').choices(['rtx', 'tensorrt']),
    )
    .option('--version <version>', 'another version than the one that was tried')
    .option('--accept-licence', 'you have read the licence and accept it; without it you are asked')
    .option('--json', 'print progress and the result as JSON lines')
    .addHelpText(
      'after',
      `
Environment: MASKFORGE_PYTHON (a Python with pip), HTTPS_PROXY, PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, PIP_CERT.`,
    )
    .action(async (id: OfferId, options: InstallOptions, command: Command) => install(contextOf(command), id, options));
  runtimes
    .command('remove')
    .description('Removes a runtime that was installed by Maskforge.')
    .argument('<name>', 'as `runtimes list` names it, such as rtx-1.7.1.116')
    .action(async (name: string, _options: object, command: Command) => remove(contextOf(command), name));
  runtimes
    .command('use')
    .description('Says which TensorRT to use: a family, a folder that holds one, or whatever suits.')
    .argument('<what>', `${FAMILIES.join(', ')}, a folder, or auto`)
    .action(async (what: string, _options: object, command: Command) => use(contextOf(command), what));
}

async function list(context: CliContext, { json, verbose }: ListOptions): Promise<void> {
  const { terminal } = context;
  const library = await withStudio(context, (studio) => studio.call('runtimes.list', {}));
  if (json === true) return terminal.json(library);
  show(context, library);
  if (verbose === true) showPlaces(context, library);
  else terminal.note('Every place that was looked at: maskforge runtimes list --verbose');
}

function show({ terminal }: CliContext, library: RuntimeLibrary): void {
  const rows = [['RUNTIME', 'VERSION', 'USABLE', 'WHERE']];
  for (const { id, name, version, available, devices } of library.embedded) {
    const inUse = library.automatic === id ? 'yes, in use' : 'yes';
    rows.push([name, version, available ? inUse : 'no', `built in · ${devices.join(', ')}`]);
  }
  for (const found of library.found) {
    const state = found.chosen ? `${STATES[found.state]}, in use` : STATES[found.state];
    const name = found.installedAs === null ? found.source : `installed as ${found.installedAs}`;
    rows.push([found.name, found.version, state, `${found.directory} · ${name}`]);
  }
  table(rows).forEach((line, index) => terminal.line(index === 0 ? terminal.paint('dim', line) : line));
  for (const found of library.found) found.problems.forEach((problem) => terminal.line(`  ${problem}`));
  terminal.line('');
  terminal.line(`GPU: ${library.gpu.found}`);
  if (library.gpu.remedy !== '') terminal.line(`  ${library.gpu.remedy}`);
  if (library.addon.problem !== '') terminal.line(`Addon: ${library.addon.problem}`);
  for (const offer of library.offers.filter(({ installed }) => installed.length === 0)) {
    const size = `${formatBytes(offer.downloadBytes)} to fetch, ${formatBytes(offer.diskBytes)} on the disk`;
    const fit = offer.suitsDevice === false ? ' It does not serve the GPU of this machine.' : '';
    terminal.line('');
    terminal.line(
      `${terminal.paint('bold', `maskforge runtimes install ${offer.id}`)}  ${offer.name} ${offer.version}, ${size}`,
    );
    terminal.line(`  ${offer.unavailable === '' ? offer.summary + fit : offer.unavailable}`);
  }
}

function showPlaces({ terminal }: CliContext, { places }: RuntimeLibrary): void {
  terminal.line('');
  terminal.line(terminal.paint('bold', 'Looked at, in this order'));
  const words = {
    found: 'found',
    nothing: 'nothing',
    absent: 'not there',
    unreadable: 'unreadable',
    'not-named': 'not set',
  };
  for (const { source, path, outcome, findings } of places) {
    terminal.line(`  ${source}: ${path === '' ? '' : `${path}: `}${words[outcome]}`);
    for (const finding of findings) terminal.line(`    ${finding}`);
  }
}

async function install(context: CliContext, id: OfferId, options: InstallOptions): Promise<void> {
  const { terminal } = context;
  const plan = installPlan(id, options.version, `${process.platform}-${process.arch}`);
  const accepted = options.acceptLicence === true || (await askForLicence(context, plan.title, licenceOf(id)));
  await withStudio(context, async (studio) => {
    const { jobId } = await studio.call('runtimes.install', {
      id,
      licenceAccepted: accepted,
      ...(options.version === undefined ? {} : { version: options.version }),
    });
    const progress = showProgress(terminal, 'bytes');
    const tell = (job: Job): void => {
      progress.update(job.done, job.total, job.phase);
      if (options.json === true)
        terminal.json({ event: 'progress', phase: job.phase, done: job.done, total: job.total });
    };
    const job = await followJob(studio, context, jobId, tell).finally(() => progress.stop());
    if (job.error !== null) throw fromErrorReport(job.error);
    const { found } = await studio.call('runtimes.list', {});
    for (const each of found.filter(({ installedAs }) => installedAs !== null && job.results.includes(installedAs))) {
      if (options.json === true) terminal.json({ event: 'done', runtime: each });
      else
        terminal.line(
          `${terminal.paint('bold', each.installedAs ?? '')}  ${each.name} ${each.version} in ${each.directory}`,
        );
      if (options.json !== true) each.problems.forEach((problem) => terminal.warning(problem));
    }
  });
}

async function remove(context: CliContext, name: string): Promise<void> {
  await withStudio(context, (studio) => studio.call('runtimes.remove', { name }));
  context.terminal.line(`removed ${name}`);
}

async function use(context: CliContext, what: string): Promise<void> {
  const { terminal, io } = context;
  const family = FAMILIES.find((each) => each === what);
  const isFolder = isAbsolute(what) || /[\\/.]/.test(what);
  if (family === undefined && what !== 'auto' && !isFolder) {
    throw new AppError('RUNTIME_UNKNOWN', `${what} is no runtime and no folder.`, {
      hint: `Name one of ${FAMILIES.join(', ')}, a folder (./${what}), or auto.`,
    });
  }
  const change =
    what === 'auto'
      ? { directory: '', family: null }
      : family !== undefined
        ? { family }
        : { directory: resolve(io.cwd, what) };
  const { found } = await withStudio(context, (studio) => studio.call('runtimes.choose', change));
  const chosen = found.find((each) => each.chosen);
  if (chosen === undefined) terminal.warning('No TensorRT can be used yet: see maskforge runtimes list.');
  else terminal.line(`${chosen.name} ${chosen.version} in ${chosen.directory} is used.`);
}

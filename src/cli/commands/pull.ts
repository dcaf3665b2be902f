import type { Command } from 'commander';
import { fromErrorReport } from '../../shared/app-error';
import type { CatalogueEntry } from '../../shared/domain/catalogue';
import type { Job } from '../../shared/domain/job';
import { DEFAULT_FILE, hubSettings, parseRepo, repoUrl } from '../../studio/hub/hub-address';
import { findKnownRepo } from '../../studio/hub/catalogue';
import { unknownLicence } from '../../studio/hub/licences';
import { askForLicence } from '../ask-licence';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { withStudio } from '../open-studio';
import { formatBytes, showProgress } from '../progress';
import { table } from '../table';
import { warningLine } from '../terminal';
import { followJob } from '../follow-job';

interface PullOptions {
  readonly file?: string;
  readonly acceptLicence?: boolean;
  readonly json?: boolean;
}

export function registerPull(models: Command): void {
  models
    .command('pull')
    .description('Fetches a model from the hub into the library. What a broken download left is taken up again.')
    .argument('<repo>', 'OWNER/NAME or OWNER/NAME@REVISION')
    .option('--file <path>', `ONNX file in the repository (default: ${DEFAULT_FILE})`)
    .option('--accept-licence', 'you have read the licence and accept it; without it you are asked')
    .option('--json', 'print progress and the model as JSON lines')
    .addHelpText(
      'after',
      `
Environment: HF_ENDPOINT (another hub or mirror), HF_TOKEN (access token), HTTPS_PROXY, HTTP_PROXY, NO_PROXY,
HF_HUB_OFFLINE=1 (fetch nothing).`,
    )
    .action(async (repo: string, options: PullOptions, command: Command) => pull(contextOf(command), repo, options));
}

export function registerCatalogue(models: Command): void {
  models
    .command('catalogue')
    .description('Lists models that can be fetched.')
    .option('--json', 'print one JSON object for each')
    .action(async (options: { json?: boolean }, command: Command) =>
      catalogue(contextOf(command), options.json === true),
    );
}

async function pull(context: CliContext, text: string, options: PullOptions): Promise<void> {
  const { terminal, io } = context;
  const { endpoint } = hubSettings(io.env);
  const { repo, revision } = parseRepo(text, endpoint);
  const page = repoUrl(endpoint, repo);
  const licence = findKnownRepo(repo)?.licence ?? unknownLicence(page);
  const accepted = options.acceptLicence === true || (await askForLicence(context, repo, licence));
  await withStudio(context, async (studio) => {
    const { jobId } = await studio.call('catalogue.pull', {
      repo,
      revision,
      ...(options.file === undefined ? {} : { file: options.file }),
      licenceAccepted: accepted,
    });
    const progress = showProgress(terminal, 'bytes');
    const tell = (job: Job): void => {
      progress.update(job.done, job.total, job.phase);
      if (options.json === true)
        terminal.json({ event: 'progress', phase: job.phase, done: job.done, total: job.total });
    };
    const job = await followJob(studio, context, jobId, tell).finally(() => progress.stop());
    if (job.error !== null) throw fromErrorReport(job.error);
    const models = await studio.call('models.list', {});
    for (const model of models.filter(({ id }) => job.results.includes(id))) {
      if (options.json === true) terminal.json({ event: 'done', model });
      else terminal.line(`${terminal.paint('bold', model.id)}  ${model.path}`);
      if (options.json !== true) model.warnings.forEach((warning) => terminal.warning(warningLine(warning)));
    }
  });
}

async function catalogue(context: CliContext, json: boolean): Promise<void> {
  const { terminal } = context;
  const entries = await withStudio(context, (studio) => studio.call('catalogue.list', {}));
  if (json) return entries.forEach((entry) => terminal.json(entry));
  table(entries.map((entry) => row(entry))).forEach((line) => terminal.line(line));
  terminal.note('Fetch one with: maskforge models pull REPO. Their licences allow research and evaluation only.');
}

function row(entry: CatalogueEntry): string[] {
  const size = entry.files.find(({ path }) => path === DEFAULT_FILE)?.sizeBytes ?? 0;
  return [
    entry.repo,
    entry.family,
    `${entry.dataset}, ${entry.classes} classes`,
    entry.inputSize,
    size === 0 ? '' : formatBytes(size),
    entry.installedAs === null ? '' : `installed as ${entry.installedAs}`,
  ];
}

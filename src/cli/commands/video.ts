import type { Command } from 'commander';
import { Option } from 'commander';
import { extname, resolve } from 'node:path';
import { fromErrorReport } from '../../shared/app-error';
import { maskStyleSchema } from '../../shared/domain/export';
import type { Job } from '../../shared/domain/job';
import { logText } from '../../shared/domain/job';
import type { SessionInfo } from '../../shared/domain/runtime';
import type { VideoFormat } from '../../shared/video-export-contract';
import { videoFormatSchema } from '../../shared/video-export-contract';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { followJob } from '../follow-job';
import { withSession } from '../open-session';
import type { LocalStudio } from '../open-studio';
import { withStudio } from '../open-studio';
import { countingNumber } from '../parse-option';
import { showProgress } from '../progress';
import { usageError } from '../terminal';

interface VideoOptions {
  readonly out: string;
  readonly format?: VideoFormat;
  readonly every: number;
  readonly smoothing: number;
  readonly opacity: number;
  readonly model?: string;
  readonly engine?: string;
  readonly restart?: boolean;
  readonly json?: boolean;
}

/** What each format can be written as; frames go to a folder. */
const endings: Readonly<Record<VideoFormat, readonly string[]>> = {
  overlay: ['.mp4', '.mov', '.mkv', '.webm'],
  mask: ['.mp4', '.mov', '.mkv', '.webm'],
  png: [],
  csv: ['.csv'],
};

export function registerVideo(program: Command): void {
  program
    .command('video')
    .summary('segment a video')
    .description(
      'Segments a video frame by frame and writes a video, pictures or a table. Uses the ffmpeg of this machine. ' +
        'Cancelled or killed, it goes on where it ended when the same command is given again.',
    )
    .argument('<input>', 'a video that ffmpeg can read')
    .requiredOption('-o, --out <path>', 'file to write; with --format png the folder for the frames')
    .addOption(
      new Option('-f, --format <format>', 'what to write (default: by the ending of --out)').choices([
        ...videoFormatSchema.options,
      ]),
    )
    .option('--every <n>', 'every n-th frame only', countingNumber, 1)
    .option('--smoothing <frames>', 'the class of most of this many frames wins; 1 is off', countingNumber, 1)
    .option('--opacity <share>', 'of the masks in overlays, 0 to 1', Number, 0.55)
    .option('-m, --model <model>', 'id of a model in the library, an ONNX file, or a folder that holds one')
    .option('-e, --engine <id>', 'a built engine, in place of a model')
    .option('--restart', 'begin anew where an earlier start has broken off')
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', EXAMPLES)
    .action(async (input: string, options: VideoOptions, command: Command) => {
      await video(contextOf(command), input, options);
    });
}

const EXAMPLES = `
Examples:
  maskforge video drive.mp4 --out drive.masks.mp4
  maskforge video drive.mp4 --out masks/ --format png --every 5
  maskforge video drive.mp4 --out areas.csv

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled.`;

async function video(context: CliContext, input: string, options: VideoOptions): Promise<void> {
  const format = formatOf(options);
  if (options.model !== undefined && options.engine !== undefined) {
    throw usageError('--model and --engine name two networks.', 'Give one of the two.');
  }
  if (!(options.opacity >= 0 && options.opacity <= 1)) throw usageError('--opacity is a number from 0 to 1.');
  if (options.smoothing > 9) throw usageError('--smoothing takes 1 to 9 frames.');
  await withStudio(context, async (studio) => {
    // As many threads as suit the machine.
    await withSession(context, studio, { ...options, threads: 0 }, async ({ session }) => {
      const { jobId } = await studio.call('video.export', {
        sessionId: session.id,
        path: resolve(context.io.cwd, input),
        out: resolve(context.io.cwd, options.out),
        format,
        every: options.every,
        smoothing: options.smoothing,
        style: maskStyleSchema.parse({ opacity: options.opacity }),
        fresh: options.restart === true,
      });
      await follow(studio, context, jobId, { input, format, session, json: options.json === true });
    });
  });
}

function formatOf({ format, out }: VideoOptions): VideoFormat {
  const ending = extname(out).toLowerCase();
  const chosen = format ?? (ending === '.csv' ? 'csv' : ending === '' ? 'png' : 'overlay');
  const allowed = endings[chosen];
  if (allowed.length === 0 || allowed.includes(ending)) return chosen;
  throw usageError(`${chosen} cannot be written to ${out}.`, `Give --out one of the endings ${allowed.join(', ')}.`);
}

interface Told {
  readonly input: string;
  readonly format: VideoFormat;
  readonly session: SessionInfo;
  readonly json: boolean;
}

async function follow(studio: LocalStudio, context: CliContext, jobId: string, told: Told): Promise<void> {
  const { terminal } = context;
  const progress = showProgress(terminal, 'pictures');
  const started = performance.now();
  let said = 0;
  const tellLog = (log: Job['log']): void => {
    if (!told.json) for (const line of log.slice(said)) terminal.note(logText(line));
    said = Math.max(said, log.length);
  };
  try {
    const job = await followJob(studio, context, jobId, ({ done, total, phase, log }) => {
      tellLog(log);
      progress.update(done, total, phase);
    });
    progress.stop();
    tellLog(job.log);
    if (job.error !== null) throw fromErrorReport(job.error);
    const seconds = (performance.now() - started) / 1000;
    const [out = ''] = job.results;
    if (told.json) {
      const { modelName, runtime, device } = told.session;
      const { input: file, format } = told;
      return terminal.json({
        file,
        out,
        format,
        frames: job.done,
        seconds,
        model: modelName,
        runtime,
        device,
        log: job.log.map(logText),
      });
    }
    terminal.line(`${out}  ${job.done} frames, ${(job.done / seconds).toFixed(1)} a second`);
  } finally {
    progress.stop();
  }
}

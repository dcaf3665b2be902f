import { AppError, fromErrorReport } from '../../shared/app-error';
import type { CallArgs, CallResult, StudioHandlers } from '../../shared/contract';
import type { EngineLibrary } from '../engines/engine-library';
import type { FileAccess } from '../file-access';
import type { JobProgress, JobRegistry } from '../jobs/job-registry';
import type { ModelLibrary } from '../library/model-library';
import type { PictureRegistry } from '../pictures/picture-registry';
import type { PictureSegmenter } from '../sessions/segment-picture';
import type { SessionRegistry } from '../sessions/session-registry';
import type { ReportFile } from '../../shared/domain/comparison';
import { exportComparison, findingOf, picturesToShow } from './export-comparison';
import { maskFilesBeside, spread } from '../verify/drawn-masks';
import { verificationReport } from '../verify/verification-report';
import { comparePicture } from './compare-picture';
import type { RunPicture } from './comparison-run';
import { ComparisonRun } from './comparison-run';
import type { Comparison } from './comparisons';
import { Comparisons, describeComparison } from './comparisons';

export interface ComparisonParts {
  readonly access: FileAccess;
  readonly jobs: JobRegistry;
  readonly models: ModelLibrary;
  readonly engines: EngineLibrary;
  readonly pictures: PictureRegistry;
  readonly sessions: SessionRegistry;
  readonly segmenter: PictureSegmenter;
}

type ComparisonHandlers = Pick<
  StudioHandlers,
  Extract<keyof StudioHandlers, `compare.${string}`> | 'engines.verificationReport'
>;

/** Pages of several megabytes; whoever has ordered one asks for it at once. */
const KEPT_EXPORTS = 4;

/** The part of the studio that lays engines side by side. */
export class ComparisonStudio {
  readonly #parts: ComparisonParts;
  readonly #comparisons: Comparisons;
  /** Exports that run: which job is about which comparison. */
  readonly #exports = new Map<string, string>();
  /** What they made, until it is asked for. */
  readonly #exported = new Map<string, readonly ReportFile[]>();

  constructor(parts: ComparisonParts) {
    this.#parts = parts;
    this.#comparisons = new Comparisons(parts, (jobId) => parts.jobs.cancel(jobId));
  }

  close(): Promise<void> {
    return this.#comparisons.closeAll();
  }

  handlers(): ComparisonHandlers {
    const comparisons = this.#comparisons;
    return {
      'compare.open': async ({ sides, reference }, { signal }) =>
        describeComparison(await comparisons.open(sides, reference, signal)),
      'compare.close': async ({ comparisonId }) => {
        for (const [jobId, of] of this.#exports) if (of === comparisonId) this.#parts.jobs.cancel(jobId);
        await comparisons.close(comparisonId);
        return null;
      },
      'compare.setReference': async ({ comparisonId, reference }) =>
        describeComparison(comparisons.setReference(comparisonId, reference)),
      'compare.picture': async ({ comparisonId, pictureId, fresh }, { signal }) =>
        comparePicture(this.#parts, comparisons.get(comparisonId), { pictureId, fresh, signal }),
      'compare.run': async (order, { signal }) => ({ jobId: await this.#run(order, signal) }),
      'compare.result': async ({ comparisonId, since }) => comparisons.get(comparisonId).run?.result(since) ?? null,
      'compare.export': async (order) => ({ jobId: this.#export(order) }),
      'compare.exported': async ({ jobId }) => {
        const files = this.#exported.get(jobId) ?? [];
        this.#exported.delete(jobId);
        return [...files];
      },
      'engines.verificationReport': async (order) => {
        if (order.directory !== null) this.#parts.access.check(order.directory);
        return verificationReport(this.#parts.engines, order);
      },
    };
  }

  /** @throws AppError FILE_NOT_GRANTED, COMPARISON_UNKNOWN, COMPARE_NOT_RUN */
  #export({ comparisonId, ...order }: CallArgs<'compare.export'>): string {
    if (order.directory !== null) this.#parts.access.check(order.directory);
    const comparison = this.#comparisons.get(comparisonId);
    const finding = findingOf(comparison);
    const title = comparison.sides.map(({ info }) => info.name).join(' / ');
    const plan = { kind: 'export', title, unit: 'files', total: picturesToShow(finding, order) } as const;
    const jobId = this.#parts.jobs.start(plan, async (job) => {
      try {
        const files = await exportComparison(finding, order, job);
        for (const { path } of files) if (path !== null) job.result(path);
        this.#exported.set(jobId, files);
        for (const oldest of this.#exported.keys())
          if (this.#exported.size > KEPT_EXPORTS) this.#exported.delete(oldest);
      } finally {
        this.#exports.delete(jobId);
      }
    });
    this.#exports.set(jobId, comparisonId);
    return jobId;
  }

  async #run(order: CallArgs<'compare.run'>, signal: AbortSignal): Promise<string> {
    const { jobs } = this.#parts;
    const comparison = this.#comparisons.get(order.comparisonId);
    const { pictures, leftOut } = await this.#pick(comparison, order, signal);
    if (comparison.run !== null) jobs.cancel(comparison.run.jobId);
    const images = order.directory ?? '';
    const title = comparison.sides.map(({ info }) => info.name).join(' / ');
    const plan = { kind: 'compare', title, unit: 'files', total: pictures.length } as const;
    let begin: (run: ComparisonRun) => void = () => undefined;
    const begun = new Promise<ComparisonRun>((resolve) => (begin = resolve));
    const jobId = jobs.start(plan, async (job: JobProgress) => {
      await (await begun).work(pictures, job);
      job.result(comparison.id);
    });
    comparison.run = new ComparisonRun(comparison, { jobId, images, total: pictures.length, leftOut });
    begin(comparison.run);
    return jobId;
  }

  /** @throws AppError FOLDER_WITHOUT_PICTURES, PICTURE_UNKNOWN, FILE_NOT_GRANTED */
  async #pick(
    { sides }: Comparison,
    { pictureIds, directory, limit }: CallArgs<'compare.run'>,
    signal: AbortSignal,
  ): Promise<{ pictures: RunPicture[]; leftOut: CallResult<'pictures.add'>['rejected'] }> {
    const { pictures } = this.#parts;
    const named = (ids: readonly string[]): RunPicture[] =>
      ids.map((pictureId) => ({ pictureId, ...pictures.fileOf(pictureId) }));
    if (directory === undefined) return { pictures: spread(named(pictureIds ?? []), limit ?? null), leftOut: [] };
    const { added, rejected } = await pictures.add([directory], signal);
    const masks = sides.find((side) => side.kind === 'masks');
    const drawn = masks?.kind === 'masks' ? await maskFilesBeside(directory, masks.directory) : new Set<string>();
    const images = added.filter(({ kind, path }) => kind === 'image' && !drawn.has(path ?? ''));
    const [problem] = rejected;
    if (images.length === 0) {
      throw problem === undefined
        ? new AppError('FOLDER_WITHOUT_PICTURES', `There are no pictures in ${directory}.`, {
            hint: 'Name a folder that holds pictures, at any depth.',
            details: { path: directory },
          })
        : fromErrorReport(problem.error);
    }
    return { pictures: spread(named(images.map(({ id }) => id)), limit ?? null), leftOut: rejected };
  }
}

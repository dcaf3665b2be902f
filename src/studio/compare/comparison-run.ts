import { basename } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import { deviceLostAt } from '../../shared/device-lost';
import { AppError, toErrorReport } from '../../shared/app-error';
import type { ComparisonResult, PictureResult, SideLatency, SideResult } from '../../shared/domain/comparison';
import { PictureFile } from '../../media/picture-file';
import type { JobProgress } from '../jobs/job-registry';
import type { SideAnswer } from './ask-side';
import { askSide } from './ask-side';
import type { Comparison } from './comparisons';
import { LatencyLog } from '../verify/latency-log';
import type { SideInUse } from './open-sides';
import type { PicturePairs } from './pair-scores';
import { pairIndex, PairScores } from './pair-scores';

/** A picture to compare. */
export interface RunPicture {
  readonly pictureId: string;
  readonly path: string;
  readonly name: string;
}

/** What is kept of a picture: figures only, so that thousands of them stay small. */
interface Kept {
  readonly picture: RunPicture;
  readonly width: number;
  readonly height: number;
  readonly pairs: PicturePairs;
  /** Nanoseconds for each side; null for drawn masks, undefined where it failed. */
  readonly totals: readonly (number | null | undefined)[];
}

/** Many pictures through all sides, and what was found so far. */
export class ComparisonRun {
  readonly jobId: string;
  readonly images: string;
  readonly #comparison: Comparison;
  readonly #at = new Date().toISOString();
  readonly #scores: PairScores;
  readonly #latencies: readonly LatencyLog[];
  readonly #kept: Kept[] = [];
  readonly #failures: ComparisonResult['failures'];
  readonly #warmed: boolean[];
  #running = true;
  #done = 0;
  #total: number;

  constructor(
    comparison: Comparison,
    plan: {
      readonly jobId: string;
      readonly images: string;
      readonly total: number;
      /** What of a folder could not be listed, and why. */
      readonly leftOut: readonly { readonly name: string; readonly error: ErrorReport }[];
    },
  ) {
    this.jobId = plan.jobId;
    this.images = plan.images;
    this.#total = plan.total;
    this.#failures = plan.leftOut.map(({ name, error: { code, message } }) => ({ name, side: null, code, message }));
    this.#comparison = comparison;
    this.#scores = new PairScores(comparison.sides.length, comparison.labels);
    this.#latencies = comparison.sides.map(() => new LatencyLog());
    this.#warmed = comparison.sides.map(() => false);
  }

  /** A picture or a side that fails is noted; the rest goes on. @throws AppError CANCELLED */
  async work(pictures: readonly RunPicture[], job: JobProgress): Promise<void> {
    try {
      for (const picture of pictures) {
        if (job.signal.aborted) throw new AppError('CANCELLED', 'The comparison was cancelled.');
        job.phase(picture.name);
        await this.#add(picture, job);
        job.progress(++this.#done, this.#total);
      }
    } finally {
      this.#running = false;
    }
  }

  /** As the comparison's reference is now. @param since leaves out the pictures before this one */
  result(since = 0): ComparisonResult {
    const { id, sides } = this.#comparison;
    return {
      comparisonId: id,
      jobId: this.jobId,
      running: this.#running,
      at: this.#at,
      images: this.images,
      done: this.#done,
      total: this.#total,
      sides: sides.map((_, index) => this.#sideResult(index)),
      pictures: this.#kept.slice(since).map((kept) => this.#pictureResult(kept)),
      failures: [...this.#failures],
    };
  }

  /** The pictures that agree least, the worst first; not those that agree in full. */
  worst(most: number): RunPicture[] {
    return this.#kept
      .flatMap((kept) => {
        const { worst } = this.#pictureResult(kept);
        return worst === null || worst === 1 ? [] : [{ picture: kept.picture, worst }];
      })
      .sort((a, b) => a.worst - b.worst)
      .slice(0, most)
      .map(({ picture }) => picture);
  }

  async #add(picture: RunPicture, job: JobProgress): Promise<void> {
    const { sides } = this.#comparison;
    let file: PictureFile;
    try {
      file = await PictureFile.open({ path: picture.path });
    } catch (error) {
      return this.#fail(picture, null, error, job);
    }
    const answers: (SideAnswer | null)[] = [];
    for (const [index, side] of sides.entries()) {
      try {
        answers.push(await this.#ask(side, index, picture, file, job.signal));
      } catch (error) {
        if (job.signal.aborted) throw new AppError('CANCELLED', 'The comparison was cancelled.');
        this.#fail(picture, index, error, job);
        answers.push(null);
      }
    }
    const pairs = this.#scores.add(answers.map((answer) => answer?.mask ?? null));
    const totals = answers.map((answer) => (answer === null ? undefined : (answer.timings?.total ?? null)));
    const { width, height } = file;
    this.#kept.push({ picture, width, height, pairs, totals });
  }

  async #ask(
    side: SideInUse,
    index: number,
    { path }: RunPicture,
    file: PictureFile,
    signal: AbortSignal,
  ): Promise<SideAnswer> {
    // What is made on first use is not what a picture takes.
    if (side.kind === 'session' && this.#warmed[index] !== true) await askSide(side, path, file, signal);
    this.#warmed[index] = true;
    const answer = await askSide(side, path, file, signal);
    if (answer.timings !== null) this.#latencies[index]?.add(answer.timings);
    return answer;
  }

  #fail(picture: RunPicture, side: number | null, error: unknown, job: JobProgress): void {
    const { code, message } = toErrorReport(error);
    if (code === 'INTERNAL') throw error;
    const name = basename(picture.name);
    const lost = deviceLostAt(name, error);
    if (lost !== null) throw lost;
    this.#failures.push({ name, side, code, message });
    job.failed(side === null ? name : `${name} · ${this.#comparison.sides[side]?.info.name ?? ''}`, error);
  }

  #sideResult(index: number): SideResult {
    const { reference, sides } = this.#comparison;
    const drawn = sides.findIndex(({ kind }) => kind === 'masks');
    const latency: SideLatency | null = this.#latencies[index]?.summary() ?? null;
    return {
      compared: this.#scores.compared(index, reference),
      agreement: this.#scores.between(index, reference),
      accuracy: drawn < 0 ? null : this.#scores.between(index, drawn),
      latency,
    };
  }

  #pictureResult({ picture, width, height, pairs, totals }: Kept): PictureResult {
    const { reference, sides } = this.#comparison;
    const drawn = sides.findIndex(({ kind }) => kind === 'masks');
    const pair = (one: number, other: number) =>
      one === other || other < 0 ? null : (pairs[pairIndex(one, other)] ?? null);
    const results = totals.map((total, index) => {
      if (total === undefined) return null;
      const score = pair(index, reference);
      return {
        agreement: score?.agreement ?? null,
        meanIou: score?.meanIou ?? null,
        accuracy: pair(index, drawn)?.meanIou ?? null,
        total,
      };
    });
    const worst = worstOf(
      sides,
      results.map((side) => side?.agreement ?? null),
    );
    const { pictureId, name } = picture;
    return {
      pictureId,
      name,
      width,
      height,
      worst,
      sides: results,
    };
  }
}

/** Drawn masks are no fair measure of a precision: they count only where there is nothing else. */
function worstOf(sides: readonly SideInUse[], agreements: readonly (number | null)[]): number | null {
  const known = agreements.flatMap((agreement, index) =>
    agreement === null ? [] : [{ agreement, isDrawn: sides[index]?.kind === 'masks' }],
  );
  const networks = known.filter(({ isDrawn }) => !isDrawn);
  const counted = (networks.length > 0 ? networks : known).map(({ agreement }) => agreement);
  return counted.length === 0 ? null : Math.min(...counted);
}

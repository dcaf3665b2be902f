import { relative } from 'node:path';
import { AppError, toErrorReport } from '../../shared/app-error';
import { deviceLostAt } from '../../shared/device-lost';
import type { Mask, Timings } from '../../shared/domain/mask';
import { packMask } from '../../shared/domain/mask';
import type { Label } from '../../shared/domain/model';
import type { EngineVerification, VerifiedPicture } from '../../shared/domain/verification';
import { PictureFile } from '../../media/picture-file';
import type { Session } from '../../runtimes/runtime';
import { walkFolder } from '../pictures/walk-folder';
import { MOST_WORST } from '../report/report-data';
import { maskFilesBeside, readDrawnMask, spread } from './drawn-masks';
import { LatencyLog } from './latency-log';
import { MaskScores, voidIds } from './metrics';

export interface VerifyOrder {
  /** Folder of pictures; not read where `pictures` name them. */
  readonly images: string;
  readonly pictures?: readonly PictureToVerify[] | null;
  /** Folder of drawn masks: a PNG of class ids for each picture, of its name. */
  readonly masks: string | null;
  /** Takes only so many pictures, evenly over the folder. */
  readonly limit: number | null;
  readonly labels: readonly Label[];
  readonly signal: AbortSignal;
  onPicture?(done: number, total: number, name: string): void;
}

/** What compared: the engine, and the runtime that is the reference. */
export interface VerifySides {
  readonly engine: Session;
  readonly reference: Session;
}

export interface PictureToVerify {
  readonly path: string;
  readonly name: string;
}

export type VerifyOutcome = Pick<
  EngineVerification,
  'pictures' | 'agreement' | 'accuracy' | 'worst' | 'timings' | 'p95' | 'failures'
> & {
  /** The files and masks of `worst`, so that they can be shown without running anything again. */
  readonly worstFiles: readonly WorstPicture[];
};

export interface WorstPicture extends PictureToVerify {
  readonly masks: { readonly engine: KeptMask; readonly reference: KeptMask };
}

/** As runs where that is smaller. */
type KeptMask = ReturnType<typeof packMask>;

/** Where no picture was run. */
const NO_TIME: Timings = {
  decode: 0,
  preprocess: 0,
  transferIn: 0,
  infer: 0,
  postprocess: 0,
  transferOut: 0,
  total: 0,
};

/**
 * Runs both on the pictures of a folder and compares their masks with each other, and with drawn masks where there are.
 * What the first is, is agreement with the reference; only the second is accuracy.
 *
 * @throws AppError FILE_NOT_FOUND, FOLDER_WITHOUT_PICTURES, VERIFY_NOTHING_COMPARED, CANCELLED; a picture that fails among
 *   others is named in the result
 */
export async function verifyOnFolder(sides: VerifySides, order: VerifyOrder): Promise<VerifyOutcome> {
  const run = new VerifyRun(sides, order);
  const files = await pickPictures(order, (path, error) => run.leftOut(relative(order.images, path), error));
  for (const [index, { path, name }] of files.entries()) {
    if (order.signal.aborted) throw new AppError('CANCELLED', 'The comparison was cancelled.');
    order.onPicture?.(index, files.length, name);
    await run.add(path, name);
  }
  return run.result();
}

interface Worst {
  readonly file: WorstPicture;
  readonly verified: VerifiedPicture;
}

class VerifyRun {
  readonly #sides: VerifySides;
  readonly #order: VerifyOrder;
  readonly #agreement: MaskScores;
  readonly #accuracy: { readonly engine: MaskScores; readonly reference: MaskScores };
  /** The worst first; of the others nothing is kept but what is summed up. */
  #worst: Worst[] = [];
  readonly #latencies = { engine: new LatencyLog(), reference: new LatencyLog() };
  readonly #failures: EngineVerification['failures'] = [];
  #pictures = 0;
  #drawn = 0;

  constructor(sides: VerifySides, order: VerifyOrder) {
    const { labels } = order;
    const ignored = voidIds(labels);
    this.#sides = sides;
    this.#order = order;
    this.#agreement = new MaskScores(labels);
    this.#accuracy = { engine: new MaskScores(labels, ignored), reference: new MaskScores(labels, ignored) };
  }

  async add(path: string, name: string): Promise<void> {
    const { signal } = this.#order;
    try {
      const picture = await PictureFile.open({ path });
      const drawn = await this.#drawnMask(path, picture);
      if (this.#pictures === 0) await this.#warmUp(picture, signal);
      const mine = await this.#sides.engine.segment(picture, { signal });
      const theirs = await this.#sides.reference.segment(picture, { signal });
      const { agreement } = this.#agreement.add(mine.mask, theirs.mask);
      const meanIou = drawn === null ? null : this.#addDrawn(drawn, mine.mask, theirs.mask);
      const { width, height } = picture;
      const verified = { name, width, height, agreement, meanIou, timings: mine.timings };
      this.#pictures += 1;
      const masks = { engine: packMask(mine.mask), reference: packMask(theirs.mask) };
      this.#keepWorst({ file: { path, name, masks }, verified });
      this.#latencies.engine.add(mine.timings);
      this.#latencies.reference.add(theirs.timings);
    } catch (error) {
      this.leftOut(name, error);
    }
  }

  /** A picture that could not be compared; bugs, cancelling and the loss of the GPU end the run. */
  leftOut(name: string, error: unknown): void {
    const { code, message } = toErrorReport(error);
    if (code === 'CANCELLED' || code === 'INTERNAL') throw error;
    const lost = deviceLostAt(name, error);
    if (lost !== null) throw lost;
    this.#failures.push({ name, code, message });
  }

  /** @throws AppError VERIFY_NOTHING_COMPARED when no picture was */
  result(): VerifyOutcome {
    if (this.#pictures === 0) throw nothingCompared(this.#order.images, this.#failures);
    const [engine, reference] = [this.#latencies.engine.summary(), this.#latencies.reference.summary()];
    return {
      pictures: this.#pictures,
      agreement: this.#agreement.result(),
      accuracy:
        this.#drawn === 0
          ? null
          : { engine: this.#accuracy.engine.result(), reference: this.#accuracy.reference.result() },
      worst: this.#worst.map(({ verified }) => verified),
      worstFiles: this.#worst.map(({ file }) => file),
      timings: { engine: engine?.median ?? NO_TIME, reference: reference?.median ?? NO_TIME },
      p95: { engine: engine?.p95 ?? NO_TIME, reference: reference?.p95 ?? NO_TIME },
      failures: this.#failures,
    };
  }

  #keepWorst(picture: Worst): void {
    this.#worst = [...this.#worst, picture]
      .sort((a, b) => a.verified.agreement - b.verified.agreement)
      .slice(0, MOST_WORST);
  }

  /** What is made on first use is not what a picture takes. */
  async #warmUp(picture: PictureFile, signal: AbortSignal): Promise<void> {
    await this.#sides.engine.segment(picture, { signal });
    await this.#sides.reference.segment(picture, { signal });
  }

  #addDrawn(drawn: Mask, mine: Mask, theirs: Mask): number | null {
    this.#drawn += 1;
    this.#accuracy.reference.add(theirs, drawn);
    return this.#accuracy.engine.add(mine, drawn).meanIou;
  }

  async #drawnMask(path: string, picture: { readonly width: number; readonly height: number }): Promise<Mask | null> {
    const { masks } = this.#order;
    return masks === null ? null : readDrawnMask(masks, path, picture);
  }
}

function nothingCompared(images: string, failures: EngineVerification['failures']): AppError {
  const [first] = failures;
  const example = first === undefined ? '' : ` The first, ${first.name}: ${first.message}`;
  return new AppError(
    'VERIFY_NOTHING_COMPARED',
    `None of the ${failures.length} pictures from ${images} could be compared.${example}`,
    {
      hint: 'Choose other pictures, or drawn masks that belong to these.',
      details: { folder: images, pictures: failures.length },
    },
  );
}

/** Pictures of the folder itself; a PNG that is another picture's mask is none. */
async function pickPictures(
  { images, pictures, masks, limit }: VerifyOrder,
  onLeftOut: (path: string, error: unknown) => void,
): Promise<PictureToVerify[]> {
  if (pictures !== undefined && pictures !== null) return pictures.slice(0, limit ?? pictures.length);
  const onProblem = (path: string, error: unknown): void => {
    if (path === images) throw error;
    onLeftOut(path, error);
  };
  const found = (await walkFolder(images, onProblem)).filter(({ kind }) => kind === 'image');
  const drawn = masks === null ? new Set<string>() : await maskFilesBeside(images, masks);
  const files = found.filter(({ path }) => !drawn.has(path)).map(({ path, name }) => ({ path, name }));
  if (files.length === 0) {
    throw new AppError('FOLDER_WITHOUT_PICTURES', `There are no pictures in ${images}.`, {
      hint: 'Name a folder that holds pictures.',
      details: { path: images },
    });
  }
  return spread(files, limit);
}

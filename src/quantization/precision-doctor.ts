/**
 * Finds the blocks that cannot bear 8 bits: looks at each one alone in 8 bits, or estimates what that does, and then, from
 * everything in 8 bits, takes out the blocks that harm most for what they gain, until the masks agree as far as is asked. Where
 * candidates are timed and none so far is fast enough, it also leaves out the blocks that gain least.
 *
 * Masks and times come from functions that are given, so that they may be ONNX Runtime's or a device's. Every point that is
 * tried is told; points that are handed back in are not tried again, which is how a tuning goes on after it was broken off.
 */
import { AppError } from '../shared/app-error';
import type { BlockDiagnosis, CandidateTime, TunePoint } from '../shared/domain/tuning';
import { choosePoint, isFaster } from './choose-point';
import { narrowDown } from './narrow-down';
import type { TuneOptions } from './tune-trials';
import { OutOfTime, shares, Trials } from './tune-trials';

export interface Diagnosis {
  /** What suits best: its blocks are to be kept out of 8 bits. */
  readonly chosen: TunePoint;
  /** False when not even the last block left in 8 bits reached the target: the best that was found is then chosen. */
  readonly isReached: boolean;
  /** The most harmful for what they gain first; empty when nothing had to be kept. */
  readonly ranking: readonly BlockDiagnosis[];
  /** All points tried, in the order in which they were. */
  readonly points: readonly TunePoint[];
  /** Its time was up before everything was tried. */
  readonly isCut: boolean;
}

/**
 * @throws TUNING_TARGET_INVALID, TUNING_TIME_SPENT when nothing was tried in time, what the given functions throw of masks,
 *   and an AbortError when cancelled. Other aborts mean that the time is up.
 */
export async function tunePrecision(options: TuneOptions): Promise<Diagnosis> {
  const { target } = options;
  if (!(target > 0 && target <= 1)) {
    throw new AppError('TUNING_TARGET_INVALID', `${target} is no share of pixels that can agree.`, {
      hint: 'Give a number above 0 and up to 1, such as 0.99.',
    });
  }
  const trials = new Trials(options);
  let ranking: readonly BlockDiagnosis[] = [];
  let isCut = false;
  try {
    await search(trials, options, (found) => (ranking = found));
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    isCut = true;
  }
  const chosen = choosePoint(trials.points, target);
  if (chosen === null) {
    throw new AppError('TUNING_TIME_SPENT', 'The time was up before anything was tried.', {
      hint: 'Give the search more time; what it calibrated is kept.',
    });
  }
  return { chosen, isReached: chosen.agreement >= target, ranking, points: trials.points, isCut };
}

/** How far a search is after its parts, about: a share of its time. */
const PROGRESS = { all: 0.05, ranked: 0.6, reached: 0.8, fast: 0.95, confirmed: 0.99 };

async function search(
  trials: Trials,
  { target, seeksSpeed = false }: TuneOptions,
  onRanked: (ranking: readonly BlockDiagnosis[]) => void,
): Promise<void> {
  trials.advance(() => PROGRESS.all);
  const all = await trials.without([], true);
  const isSlow = all.failure !== undefined || (all.time !== undefined && !trials.isFastEnough(all.time));
  const goesOn = seeksSpeed && isSlow && trials.affords(1);
  if (all.agreement < target || goesOn) {
    const ranking = await rank(trials);
    onRanked(ranking);
    const isReached = all.agreement >= target && all.failure === undefined;
    const reached = isReached ? all : await keepWorst(trials, ranking, target);
    if (seeksSpeed && reached !== null) await leaveOutSlow(trials, ranking, reached);
  }
  trials.advance(() => PROGRESS.confirmed);
  await confirm(trials, await trials.timed(choosePoint(trials.points, target) ?? all), target);
}

/** The best of many measurements is partly luck: what seems faster has to be so twice. */
async function confirm(trials: Trials, first: TunePoint, target: number): Promise<void> {
  let chosen = first;
  for (let turn = 0; turn < trials.points.length; turn += 1) {
    const { time, isConfirmed } = chosen;
    const isLucky = time !== undefined && isFaster(time) && isConfirmed !== true && trials.timedCount > 1;
    if (!isLucky) break;
    await trials.timeAgain(chosen, time);
    chosen = choosePoint(trials.points, target) ?? chosen;
  }
}

/** Points that a search takes after the ranking, about: building each block by itself must not take their time. */
const LEFT_FOR_SEARCH = 8;

async function rank(trials: Trials): Promise<BlockDiagnosis[]> {
  const { blocks } = trials;
  const affordsAll = trials.affords(blocks.length);
  const points: { block: string; point: TunePoint }[] = [];
  for (const [index, block] of blocks.entries()) {
    const left = blocks.length - index;
    const isTimed = affordsAll && trials.hasTime(left + LEFT_FOR_SEARCH);
    const harms = isTimed && trials.isEachCostly ? null : trials.harmsWithout(block, left);
    if (harms !== null) return sorted(blocks.map((each) => trials.estimated(each, harms.get(each) ?? 0)));
    const share = PROGRESS.all + ((PROGRESS.ranked - PROGRESS.all) * (index + 1)) / blocks.length;
    trials.advance(() => share);
    points.push({ block, point: await trials.alone(block, isTimed) });
  }
  const saved = new Map(
    points.flatMap(({ block, point: { time } }) => (time === undefined ? [] : [[block, savedBy(time)]])),
  );
  // A single one that could not be timed says nothing of the others.
  const measured = saved.size > points.length / 2 ? shares(saved, blocks) : null;
  const diagnoses = points.map(({ block, point }): BlockDiagnosis => ({
    block,
    harm: 1 - point.agreement,
    gain: measured?.get(block) ?? trials.gainOf(block),
    savedMs: saved.get(block) ?? null,
  }));
  return sorted(diagnoses);
}

function sorted(diagnoses: readonly BlockDiagnosis[]): BlockDiagnosis[] {
  // What gains nothing need not harm much to be kept.
  const score = ({ harm, gain }: BlockDiagnosis): number => harm / Math.max(gain, 1e-3);
  return [...diagnoses].sort((one, other) => score(other) - score(one));
}

function savedBy({ float, milliseconds }: CandidateTime): number {
  return float - milliseconds;
}

/** The first point that reaches the target; null when none does. */
async function keepWorst(
  trials: Trials,
  ranking: readonly BlockDiagnosis[],
  target: number,
): Promise<TunePoint | null> {
  // Keeping the last one too would leave nothing in 8 bits.
  const most = ranking.length - 1;
  const worst = Math.max(0, ...trials.points.map(({ agreement }) => target - agreement));
  trials.advance(({ agreement }) => {
    const closer = worst === 0 ? 1 : Math.min(1, Math.max(0, 1 - (target - agreement) / worst));
    return PROGRESS.ranked + (PROGRESS.reached - PROGRESS.ranked) * closer;
  });
  const keeping = async (count: number): Promise<TunePoint | null> => {
    const keep = ranking.slice(0, count).map(({ block }) => block);
    const point = await trials.without(keep, trials.affords(1));
    return point.agreement >= target && point.failure === undefined ? point : null;
  };
  if (trials.isEachCostly) return narrowDown(keeping, { guess: guessOf(trials, ranking, target), most });
  for (let count = 1; count <= most; count += 1) {
    const point = await keeping(count);
    if (point !== null) return point;
  }
  return null;
}

/** How many to keep until no more harm is left than the target allows, if harm adds up. */
function guessOf({ points: [all] }: Trials, ranking: readonly BlockDiagnosis[], target: number): number {
  const lost = 1 - (all?.agreement ?? 1);
  const total = ranking.reduce((sum, { harm }) => sum + Math.max(0, harm), 0);
  if (lost <= 0 || total === 0) return 1;
  let left = total;
  const count = ranking.findIndex(({ harm }) => (left -= Math.max(0, harm)) / total <= (1 - target) / lost);
  return Math.max(1, Math.min(ranking.length - 1, count + 1));
}

/** Parts of the blocks that gain least to leave out, where what gains is hidden by what loses. */
const LEFT_OUT = [0.25, 0.5, 0.75];

/** Keeps more than has to be: first what loses time alone, then growing parts of what gains least. */
async function leaveOutSlow(trials: Trials, ranking: readonly BlockDiagnosis[], reached: TunePoint): Promise<void> {
  if ((await trials.timed(reached)).time === undefined) return;
  const rest = ranking.filter(({ block }) => !reached.blocks.includes(block));
  const worth = ({ savedMs, gain }: BlockDiagnosis): number => savedMs ?? gain;
  const sorted = [...rest].sort((one, other) => worth(one) - worth(other));
  const losers = sorted.filter(({ savedMs }) => savedMs !== null && savedMs <= 0).length;
  const counts = [...new Set([losers, ...LEFT_OUT.map((part) => Math.round(part * rest.length))])];
  for (const [index, count] of counts.entries()) {
    if (count === 0 || count >= rest.length || trials.hasFastEnough() || !trials.affords(1)) continue;
    const share = PROGRESS.reached + ((PROGRESS.fast - PROGRESS.reached) * (index + 1)) / counts.length;
    trials.advance(() => share);
    await trials.without([...reached.blocks, ...sorted.slice(0, count).map(({ block }) => block)], true);
  }
}

import { isAbort, toErrorReport } from '../../../shared/app-error';
import {
  FEWEST_SIDES,
  type ComparedPicture,
  type ComparisonSide,
  type OpenComparison,
} from '../../../shared/domain/comparison';
import { i18n } from '../i18n/i18n';
import { announce } from '../notices/announce';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { libraryStore, openSession } from '../state/library-store';
import { picturesStore, selectedItem, setSegmentation } from '../state/pictures-store';
import { studio } from '../studio-client/studio';
import { compareStore, openComparison, setCompare } from './compare-store';

/** Counts openings, so that an answer that comes too late is known for one. */
let openings = 0;
let comparing: AbortController | null = null;

/** What the user wants to compare from now on. */
export function chooseSides(sides: readonly ComparisonSide[], reference = 0): void {
  const last = Math.max(0, sides.length - 1);
  const first = Math.min(Math.max(0, reference), last);
  const other = first === 0 ? Math.min(1, last) : 0;
  setCompare({ sides, reference: first, chosen: true, other, picked: other, change: null });
  void reopen();
}

export function addSide(side: ComparisonSide): void {
  const { sides, reference } = compareStore.getState();
  chooseSides([...sides, side], reference);
}

export function replaceSide(index: number, side: ComparisonSide): void {
  const { sides, reference } = compareStore.getState();
  chooseSides(
    sides.map((each, i) => (i === index ? side : each)),
    reference,
  );
}

export function removeSide(index: number): void {
  const { sides, reference } = compareStore.getState();
  const left = sides.filter((_, i) => i !== index);
  chooseSides(left, index < reference ? reference - 1 : index === reference ? 0 : reference);
}

/** Opens what is chosen and closes what was open; the canvas follows by itself. */
export async function reopen(): Promise<void> {
  openings += 1;
  const turn = openings;
  comparing?.abort();
  const { sides, reference } = compareStore.getState();
  const before = openComparison(compareStore.getState());
  setCompare({
    comparison: sides.length < FEWEST_SIDES ? { kind: 'none' } : { kind: 'opening' },
    picture: { kind: 'none' },
    result: null,
    runJobId: null,
    wanted: false,
  });
  try {
    if (sides.length < FEWEST_SIDES) return;
    const open = await studio.call('compare.open', { sides: [...sides], reference });
    if (turn !== openings) return close(open.comparisonId);
    setCompare({ comparison: { kind: 'open', open } });
    announce(i18n.t('compare.announceOpen', { names: open.sides.map(({ name }) => name).join(', ') }));
    comparePicture();
  } catch (error) {
    if (turn === openings) setCompare({ comparison: { kind: 'failed', error: toErrorReport(error) } });
  } finally {
    // After the new one is open, so that sides which both have stay open.
    if (before !== null) close(before.comparisonId);
  }
}

function close(comparisonId: string): void {
  // It may be gone already, together with its host.
  studio.call('compare.close', { comparisonId }).catch(() => undefined);
}

/** The other figures are told against this side from now on. Nothing is run again. */
export async function setReference(index: number): Promise<void> {
  const state = compareStore.getState();
  const open = openComparison(state);
  if (open === null || index === state.reference) return;
  try {
    const next = await studio.call('compare.setReference', { comparisonId: open.comparisonId, reference: index });
    if (openComparison(compareStore.getState())?.comparisonId !== open.comparisonId) return;
    // The one that was the reference is what the new one is looked at beside.
    const other = index === state.other ? state.reference : state.other;
    setCompare({ reference: index, comparison: { kind: 'open', open: next }, other, picked: other, change: null });
    comparePicture({ keep: true });
    await loadResult(true);
  } catch (error) {
    reportError(error);
  }
}

/** The selected picture through all sides. With `keep` the masks on the screen stay until the new ones are there. */
export function comparePicture({ keep = false, fresh = false } = {}): void {
  comparing?.abort();
  const open = openComparison(compareStore.getState());
  const item = selectedItem(picturesStore.getState());
  if (open === null || item === null || item.entry.kind !== 'image') {
    if (open !== null) setCompare({ picture: { kind: 'none' } });
    return;
  }
  const controller = new AbortController();
  comparing = controller;
  const pictureId = item.entry.id;
  if (!keep) setCompare({ picture: { kind: 'working', pictureId } });
  studio
    .call('compare.picture', { comparisonId: open.comparisonId, pictureId, fresh }, { signal: controller.signal })
    .then(
      (compared) => {
        if (controller.signal.aborted) return;
        setCompare({ picture: { kind: 'done', pictureId, compared } });
        keepForSegment(open, compared);
      },
      (error: unknown) => {
        if (controller.signal.aborted || isAbort(error)) return;
        const report = toErrorReport(error);
        // The studio keeps few comparisons open, and a host that ended keeps none.
        if (report.code === 'COMPARISON_UNKNOWN') return void reopen();
        setCompare({ picture: { kind: 'failed', pictureId, error: report } });
      },
    );
}

/** What the open model said as a side is its mask in the other modes, too, and what the status bar tells. */
function keepForSegment({ sides }: OpenComparison, { pictureId, picture, sides: found }: ComparedPicture): void {
  const session = openSession(libraryStore.getState());
  if (session === null) return;
  const at = sides.findIndex(
    ({ modelId, engineId, runtimeId, precision }) =>
      modelId === session.modelId &&
      engineId === null &&
      runtimeId === session.runtime &&
      precision === session.precision,
  );
  const side = found[at];
  if (side?.outcome !== 'mask' || side.timings === null) return;
  const { mask, classes, timings, cached } = side;
  setSegmentation({ pictureId, sessionId: session.id, picture, mask, classes, timings, cached, notes: [] });
}

/** All pictures of the strip through all sides, as a job. */
export async function runOnStrip(): Promise<void> {
  const { order, items } = picturesStore.getState();
  const pictureIds = order.filter((id) => items[id]?.entry.kind === 'image');
  if (pictureIds.length > 0) await startRun({ pictureIds });
}

export async function runOnFolder(): Promise<void> {
  const directory = await shell.chooseFolderToRead();
  if (directory !== null) await startRun({ directory });
}

async function startRun(on: { pictureIds: string[] } | { directory: string }): Promise<void> {
  const open = openComparison(compareStore.getState());
  if (open === null) return;
  try {
    const { jobId } = await studio.call('compare.run', { comparisonId: open.comparisonId, ...on });
    setCompare({ runJobId: jobId, result: null });
    await loadResult(true);
  } catch (error) {
    reportError(error);
  }
}

/** What the run has found so far; only what is new, unless all figures have changed. */
export async function loadResult(whole = false): Promise<void> {
  const state = compareStore.getState();
  const open = openComparison(state);
  if (open === null) return;
  const known = whole ? [] : (state.result?.pictures ?? []);
  const { comparisonId } = open;
  const found = await studio.call('compare.result', { comparisonId, since: known.length });
  const now = compareStore.getState();
  if (openComparison(now)?.comparisonId !== comparisonId || found === null) return;
  // Another answer may have come first.
  if (!whole && (found.jobId !== now.result?.jobId || now.result.pictures.length !== known.length)) return;
  setCompare({ result: { ...found, pictures: [...known, ...found.pictures] } });
}

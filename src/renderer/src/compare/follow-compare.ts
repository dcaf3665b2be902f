import { arrangementStore } from '../canvas/arrangement-store';
import { enginesStore, followEngines } from '../engines/engines-store';
import { modeStore } from '../modes/mode-store';
import { connectionStore } from '../state/connection-store';
import { isRunning, jobsStore } from '../state/jobs-store';
import { libraryStore } from '../state/library-store';
import { picturesStore } from '../state/pictures-store';
import { comparePicture, loadResult, reopen } from './compare-actions';
import { arrangementOf } from './compare-layout';
import { compareStore, setCompare } from './compare-store';
import { defaultSides, sideKey } from './default-sides';

/** Between two looks at what a run has found. */
const RESULT_MS = 400;

const isHere = (): boolean => modeStore.getState().mode === 'compare';

/** Called once, when the mode is first entered. */
export function followCompare(): void {
  followEngines();
  compareStore.subscribe((state, before) => {
    publish();
    // Asked for while the mode is on the screen already.
    if (state.wanted && !before.wanted && isHere()) void reopen();
  });
  modeStore.subscribe(enterOrLeave);
  libraryStore.subscribe((state, before) => state.session !== before.session && followDefaults());
  enginesStore.subscribe((state, before) => state.engines !== before.engines && followDefaults());
  picturesStore.subscribe((state, before) => {
    if (isHere() && state.selectedId !== before.selectedId) comparePicture();
  });
  connectionStore.subscribe((state, before) => {
    if (state.generation === before.generation) return;
    // Comparisons end with their host.
    if (isHere()) void reopen();
    else forgetComparison();
  });
  jobsStore.subscribe(followRun);
  enterOrLeave();
}

function enterOrLeave(): void {
  publish();
  if (!isHere()) return setCompare({ held: false });
  const { chosen, wanted } = compareStore.getState();
  if (chosen) {
    if (wanted) void reopen();
    else if (isOtherPicture()) comparePicture();
  } else followDefaults();
}

/** What was open is opened again when the mode is next entered. */
function forgetComparison(): void {
  const { chosen, sides } = compareStore.getState();
  setCompare({
    comparison: { kind: 'none' },
    picture: { kind: 'none' },
    result: null,
    runJobId: null,
    wanted: chosen,
    sides: chosen ? sides : [],
  });
}

function isOtherPicture(): boolean {
  const { picture } = compareStore.getState();
  return picture.kind === 'none' || picture.pictureId !== picturesStore.getState().selectedId;
}

/** Until the user chooses, what is compared is the open model with its engines. */
function followDefaults(): void {
  const { chosen, sides, comparison } = compareStore.getState();
  if (!isHere() || chosen) return;
  const { session } = libraryStore.getState();
  const wanted = defaultSides(session.kind === 'none' ? null : session.modelId, enginesStore.getState().engines);
  if (wanted.map(sideKey).join() !== sides.map(sideKey).join()) {
    setCompare({ sides: wanted, reference: 0, other: 1, picked: 1, change: null });
    void reopen();
  } else if (comparison.kind === 'open' && isOtherPicture()) comparePicture();
}

/** Tells the canvas what to draw. */
function publish(): void {
  const arrangement = isHere() ? arrangementOf(compareStore.getState(), devicePixelRatio) : null;
  if (arrangement === null && arrangementStore.getState().arrangement === null) return;
  arrangementStore.setState({ arrangement });
}

let loading = false;
let waiting = false;

/** The strip fills while the run goes on. */
function followRun(): void {
  const { runJobId, result } = compareStore.getState();
  const job = runJobId === null ? undefined : jobsStore.getState().jobs.find(({ id }) => id === runJobId);
  if (job === undefined || (result !== null && !result.running && !isRunning(job))) return;
  if (loading) {
    waiting = true;
    return;
  }
  loading = true;
  void loadResult()
    // The job itself says what went wrong.
    .catch(() => undefined)
    .then(() => new Promise((resolve) => setTimeout(resolve, RESULT_MS)))
    .then(() => {
      loading = false;
      if (!waiting) return;
      waiting = false;
      followRun();
    });
}

import {
  compareStore,
  compareViews,
  openComparison,
  pickSide,
  setCompare,
  toggleDifference,
} from '../compare/compare-store';
import { enterMode, modeStore } from '../modes/mode-store';
import type { Command } from './command';

type Actions = typeof import('../compare/compare-actions');

const isHere = (): boolean => modeStore.getState().mode === 'compare' && compareStore.getState().sides.length > 1;
const isOpen = (): boolean => isHere() && openComparison(compareStore.getState()) !== null;

/** Loaded with the mode, not with the window. */
function withActions(act: (actions: Actions) => Promise<void>): () => Promise<void> {
  return async () => act(await import('../compare/compare-actions'));
}

function nextView(): void {
  const { view } = compareStore.getState();
  setCompare({ view: compareViews[(compareViews.indexOf(view) + 1) % compareViews.length] ?? 'swipe' });
}

const sides = (['first', 'second', 'third', 'fourth'] as const).map((name, side): Command => ({
  id: `compare-side-${side + 1}`,
  group: 'compare',
  title: `commands.compareSide.${name}`,
  shortcuts: [String(side + 1)],
  when: () => isHere() && side < compareStore.getState().sides.length,
  run: () => pickSide(side),
}));

export const compareCommands: readonly Command[] = [
  ...sides,
  {
    id: 'compare-blink',
    group: 'compare',
    title: 'commands.compareBlink',
    shortcuts: ['B'],
    when: isHere,
    run: () => setCompare({ held: true }),
    release: () => setCompare({ held: false }),
  },
  {
    id: 'compare-difference',
    group: 'compare',
    title: 'commands.compareDifference',
    shortcuts: ['D'],
    when: isHere,
    run: toggleDifference,
  },
  {
    id: 'compare-next-view',
    group: 'compare',
    title: 'commands.compareNextView',
    shortcuts: ['V'],
    when: isHere,
    run: nextView,
  },
  {
    id: 'compare-run',
    group: 'compare',
    title: 'commands.compareRun',
    when: isOpen,
    run: withActions((actions) => actions.runOnStrip()),
  },
  {
    id: 'compare-export-html',
    group: 'compare',
    title: 'commands.compareExportHtml',
    when: () => isOpen() && compareStore.getState().result !== null,
    run: async () => (await import('../compare/export-comparison')).exportComparison('html'),
  },
  {
    id: 'compare-engines',
    group: 'compare',
    title: 'commands.compareEngines',
    when: () => modeStore.getState().mode !== 'compare',
    run: () => {
      setCompare({ chosen: false });
      enterMode('compare');
    },
  },
];

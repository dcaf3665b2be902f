import { reportError } from '../notices/notify';
import type { CanvasControls } from '../state/view-store';
import { setView, viewStore } from '../state/view-store';
import type { Command } from './command';

const zoomStep = 1.25;
const opacityStep = 0.05;
const hasCanvas = (): boolean => viewStore.getState().canvas !== null;

function withCanvas(act: (canvas: CanvasControls) => void): () => void {
  return () => {
    const { canvas } = viewStore.getState();
    if (canvas !== null) act(canvas);
  };
}

function changeOpacity(by: number): void {
  const opacity = Math.round((viewStore.getState().opacity + by) * 100) / 100;
  setView({ opacity: Math.min(1, Math.max(0, opacity)) });
}

function copyView(canvas: CanvasControls): void {
  canvas.copyView().catch((error: unknown) => reportError(error));
}

export const viewCommands: readonly Command[] = [
  {
    id: 'zoom-fit',
    group: 'view',
    title: 'commands.zoomFit',
    shortcuts: ['F', 'Mod+0'],
    when: hasCanvas,
    run: withCanvas((canvas) => canvas.fit()),
  },
  {
    id: 'zoom-actual',
    group: 'view',
    title: 'commands.zoomActual',
    shortcuts: ['Z', 'Mod+1'],
    when: hasCanvas,
    run: withCanvas((canvas) => canvas.actualSize()),
  },
  {
    id: 'zoom-in',
    group: 'view',
    title: 'commands.zoomIn',
    shortcuts: ['+', '=', 'Mod++', 'Mod+='],
    when: hasCanvas,
    run: withCanvas((canvas) => canvas.zoomBy(zoomStep)),
  },
  {
    id: 'zoom-out',
    group: 'view',
    title: 'commands.zoomOut',
    shortcuts: ['-', 'Mod+-'],
    when: hasCanvas,
    run: withCanvas((canvas) => canvas.zoomBy(1 / zoomStep)),
  },
  {
    id: 'hide-mask',
    group: 'view',
    title: 'commands.hideMask',
    shortcuts: ['\\'],
    run: () => setView({ maskHeld: true }),
    release: () => setView({ maskHeld: false }),
  },
  {
    id: 'opacity-down',
    group: 'view',
    title: 'commands.opacityDown',
    shortcuts: ['['],
    run: () => changeOpacity(-opacityStep),
  },
  {
    id: 'opacity-up',
    group: 'view',
    title: 'commands.opacityUp',
    shortcuts: [']'],
    run: () => changeOpacity(opacityStep),
  },
  {
    id: 'toggle-outline',
    group: 'view',
    title: 'commands.toggleOutline',
    shortcuts: ['O'],
    run: () => setView({ mode: viewStore.getState().mode === 'fill' ? 'outline' : 'fill' }),
  },
  {
    id: 'toggle-split',
    group: 'view',
    title: 'commands.toggleSplit',
    shortcuts: ['S'],
    run: () => setView({ split: !viewStore.getState().split }),
  },
  {
    id: 'show-all-classes',
    group: 'view',
    title: 'commands.showAllClasses',
    shortcuts: ['A'],
    when: () => viewStore.getState().hidden.size > 0 || viewStore.getState().solo !== null,
    run: () => setView({ hidden: new Set(), solo: null }),
  },
  {
    id: 'copy-view',
    group: 'view',
    title: 'commands.copyView',
    shortcuts: ['Mod+C'],
    when: hasCanvas,
    run: withCanvas(copyView),
  },
];

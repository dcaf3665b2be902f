import { CanvasView } from '../canvas/canvas-view';
import { DisplayPanel } from '../display/display-panel';
import { LegendPanel } from '../legend/legend-panel';

export function Frame() {
  return (
    <main>
      <CanvasView />
      <LegendPanel />
      <DisplayPanel />
    </main>
  );
}

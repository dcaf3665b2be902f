import { canvasStore } from '../canvas/canvas-store';
import { picturesStore, selectedItem } from '../state/pictures-store';
import { shell } from '../shell/current-shell';
import { viewStore } from '../state/view-store';
import { compareStore, openComparison } from './compare-store';

const NAME_HEIGHT = 22;

/** What the canvas shows, with the names of the sides written into tiles, as a PNG. */
export async function exportView(): Promise<void> {
  const { canvas } = viewStore.getState();
  const picture = await canvas?.viewAsPng();
  if (picture == null) return;
  const named = compareStore.getState().view === 'tiles' ? await withNames(picture) : picture;
  const name = (selectedItem(picturesStore.getState())?.entry.name ?? 'picture').replace(/\.[^.]*$/, '');
  const { view } = compareStore.getState();
  shell.download(`${name}-${view}.png`, 'image/png', new Uint8Array(await named.arrayBuffer()));
}

async function withNames(picture: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(picture);
  const copy = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = copy.getContext('2d');
  if (context === null) return picture;
  context.drawImage(bitmap, 0, 0);
  const ratio = devicePixelRatio;
  context.font = `${13 * ratio}px sans-serif`;
  context.textBaseline = 'middle';
  const sides = openComparison(compareStore.getState())?.sides ?? [];
  for (const [side, { x, y }] of canvasStore.getState().tiles.entries()) {
    const text = `${side + 1}  ${sides[side]?.name ?? ''}`;
    const left = x + 8 * ratio;
    const top = y + 8 * ratio;
    context.fillStyle = 'rgba(0, 0, 0, 0.6)';
    context.fillRect(left, top, context.measureText(text).width + 16 * ratio, NAME_HEIGHT * ratio);
    context.fillStyle = '#f2f2f2';
    context.fillText(text, left + 8 * ratio, top + (NAME_HEIGHT / 2) * ratio);
  }
  return copy.convertToBlob({ type: 'image/png' });
}

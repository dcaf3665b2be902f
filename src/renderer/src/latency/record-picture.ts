import type { Segmentation } from '../../../shared/contract';
import { CANVAS_DRAW, MASK_TO_TEXTURE } from '../canvas/painter';
import { libraryStore, openSession } from '../state/library-store';
import { picturesStore } from '../state/pictures-store';
import { recordFrame } from './latency-store';
import { deviceText } from '../format/device-text';

/** A picture is a frame like any other. What is not looked at costs no drawing. */
export function recordPicture(segmentation: Segmentation, roundTripMs: number): void {
  const { pictureId, sessionId, timings } = segmentation;
  const session = openSession(libraryStore.getState());
  const { order, selectedId } = picturesStore.getState();
  const isShown = selectedId === pictureId;
  const ms = (nanoseconds: number): number => nanoseconds / 1e6;
  const title = session === null ? '' : `${session.modelName} · ${session.precision} · ${deviceText(session.device)}`;
  const arrived = performance.now();
  const record = (): void =>
    recordFrame(
      { key: `${sessionId}|pictures`, title, subject: '' },
      {
        frame: order.indexOf(pictureId),
        pictureId,
        at: performance.now(),
        stages: {
          decode: ms(timings.decode),
          wait: 0,
          pre: ms(timings.preprocess),
          transfer: Math.max(0, roundTripMs - ms(timings.total)) + ms(timings.transferIn + timings.transferOut),
          infer: ms(timings.infer),
          post: ms(timings.postprocess),
          draw: isShown ? lastMeasure(MASK_TO_TEXTURE, arrived) + lastMeasure(CANVAS_DRAW, arrived) : 0,
        },
        device: null,
      },
    );
  // The mask is drawn in the next frame of the screen.
  if (isShown) requestAnimationFrame(() => requestAnimationFrame(record));
  else record();
}

/** The renderer keeps the last measure of each name; one from before the mask came belongs to another drawing. */
function lastMeasure(name: string, since: number): number {
  const [entry] = performance.getEntriesByName(name, 'measure').slice(-1);
  return entry !== undefined && entry.startTime + entry.duration >= since - 50 ? entry.duration : 0;
}

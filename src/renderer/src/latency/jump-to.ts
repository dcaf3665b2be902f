import { picturesStore, select } from '../state/pictures-store';
import type { LatencySample } from './latency-stats';

/** Shows the frame or picture that a sample belongs to, where it is still there. */
export function jumpTo({ pictureId, frame }: LatencySample): void {
  const item = picturesStore.getState().items[pictureId];
  if (item === undefined) return;
  select(pictureId);
  if (item.entry.kind !== 'video') return;
  void import('../video/video-control').then(({ pauseAt }) => pauseAt(frame));
}

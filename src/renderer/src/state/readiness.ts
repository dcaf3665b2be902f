import { libraryStore, openSession } from './library-store';
import { picturesStore, selectedItem, selectedSegmentation } from './pictures-store';

/**
 * Tells scripts that drive the window how far it is: `starting` → `ready`, once a mask has been drawn. What the first
 * mask holds and how long it took stands beside it as JSON, in `data-first-mask`.
 */
export function markReady(): void {
  const { dataset } = document.documentElement;
  dataset['firstMask'] ??= JSON.stringify(describeMask());
  dataset['state'] = 'ready';
}

function describeMask(): Record<string, unknown> {
  const pictures = picturesStore.getState();
  const segmentation = selectedSegmentation(pictures);
  const session = openSession(libraryStore.getState());
  if (segmentation === null || session === null) return {};
  const { width, height } = segmentation.picture;
  return {
    runtime: `${session.runtime} ${session.runtimeVersion}`,
    device: session.device,
    model: { id: session.modelId, name: session.modelName, precision: session.precision },
    image: { name: selectedItem(pictures)?.entry.name, width, height },
    timingsNs: segmentation.timings,
    histogram: segmentation.classes,
  };
}

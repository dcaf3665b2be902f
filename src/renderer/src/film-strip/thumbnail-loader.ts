import { picturesStore, selectedItem } from '../state/pictures-store';
import { studio } from '../studio-client/studio';

/** Longer side in pixels: twice the shown size, for dense screens. */
const maxSide = 160;
const kept = 240;
const concurrent = 2;
/** While the selected picture waits for its mask, which comes first. */
const concurrentWhileWaiting = 1;

interface Request {
  readonly pictureId: string;
  readonly controller: AbortController;
  readonly settle: (address: string | null) => void;
}

/** Object URLs by picture id, least recently used first. */
const addresses = new Map<string, string>();
let waiting: Request[] = [];
let active = 0;

export function thumbnailNow(pictureId: string): string | null {
  const address = addresses.get(pictureId);
  if (address === undefined) return null;
  addresses.delete(pictureId);
  addresses.set(pictureId, address);
  return address;
}

/**
 * Calls back with an object URL, or null when the picture cannot be read. Answers with a function that withdraws the
 * request: rows that scroll past must not make the visible ones wait.
 */
export function requestThumbnail(pictureId: string, settle: (address: string | null) => void): () => void {
  const request: Request = { pictureId, controller: new AbortController(), settle };
  waiting.push(request);
  next();
  return () => {
    waiting = waiting.filter((other) => other !== request);
    request.controller.abort();
  };
}

function next(): void {
  // Newest first: it belongs to the row that came into view last.
  const selected = selectedItem(picturesStore.getState())?.status;
  const limit = selected === 'working' || selected === 'idle' ? concurrentWhileWaiting : concurrent;
  const request = active < limit ? waiting.pop() : undefined;
  if (request === undefined) return;
  active += 1;
  void load(request).finally(() => {
    active -= 1;
    next();
  });
  next();
}

async function load({ pictureId, controller, settle }: Request): Promise<void> {
  try {
    const { mime, bytes } = await studio.call('pictures.read', { pictureId, maxSide }, { signal: controller.signal });
    const address = URL.createObjectURL(new Blob([bytes.slice().buffer], { type: mime }));
    keep(pictureId, address);
    if (!controller.signal.aborted) settle(address);
  } catch {
    // The row shows a sign instead; the reason stands on the canvas once the picture is selected.
    if (!controller.signal.aborted) settle(null);
  }
}

/** A thumbnail that was made in the window, as an object URL that now belongs to this list: a video's. */
export function putThumbnail(pictureId: string, address: string): void {
  keep(pictureId, address);
}

function keep(pictureId: string, address: string): void {
  const before = addresses.get(pictureId);
  if (before !== undefined) URL.revokeObjectURL(before);
  addresses.delete(pictureId);
  addresses.set(pictureId, address);
  for (const [id, old] of addresses) {
    if (addresses.size <= kept) break;
    addresses.delete(id);
    URL.revokeObjectURL(old);
  }
}

/**
 * What lies under the pointer, as text for the status bar. It changes with every mouse move, so it bypasses React: the
 * canvas calls {@link setHoverText}, the status bar writes the text into one element.
 */
type Listener = (text: string) => void;

const listeners = new Set<Listener>();
let latest = '';

export function setHoverText(text: string): void {
  if (text === latest) return;
  latest = text;
  for (const listener of listeners) listener(text);
}

export function onHoverText(listener: Listener): () => void {
  listeners.add(listener);
  listener(latest);
  return () => void listeners.delete(listener);
}

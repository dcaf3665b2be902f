/** One polite and one assertive live region; assistive tools read what is written into them. */
type Urgency = 'polite' | 'assertive';
type Listener = (text: string) => void;

const listeners: Record<Urgency, Set<Listener>> = { polite: new Set(), assertive: new Set() };

export function announce(text: string, urgency: Urgency = 'polite'): void {
  for (const listener of listeners[urgency]) listener(text);
}

export function onAnnouncement(urgency: Urgency, listener: Listener): () => void {
  listeners[urgency].add(listener);
  return () => void listeners[urgency].delete(listener);
}

/** Tells scripts that drive the window how far it is: `starting` → `ready`, once a mask has been drawn. */
export function markReady(): void {
  document.documentElement.dataset['state'] = 'ready';
}

/** The host of the page shows its own question; in the desktop shell the main process does. */
export function warnBeforeUnload(isBusy: () => boolean): void {
  window.addEventListener('beforeunload', (event) => {
    if (isBusy()) event.preventDefault();
  });
}

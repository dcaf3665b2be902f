/** Parts of the window that F6 walks: elements with `data-region`, in document order. */
export function focusNextRegion(step: 1 | -1): void {
  const regions = Array.from(document.querySelectorAll<HTMLElement>('[data-region]')).filter(
    (region) => region.offsetParent !== null,
  );
  if (regions.length === 0) return;
  const active = document.activeElement;
  const at = regions.findIndex((region) => region.contains(active));
  const next = regions[(at + step + regions.length) % regions.length] ?? regions[0];
  if (next === undefined) return;
  const inside = next.tabIndex >= 0 ? next : next.querySelector<HTMLElement>('[tabindex="0"], button, input');
  (inside ?? next).focus();
}

/** Placeholder until the legend lands. */
export function LegendPanel() {
  return null;
}

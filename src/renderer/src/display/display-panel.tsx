/** Placeholder until the display controls land. */
export function DisplayPanel() {
  return null;
}

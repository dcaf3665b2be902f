/** Placeholder until the export dialog lands. Shown while the open dialog's kind is `export`. */
export function ExportDialog() {
  return null;
}

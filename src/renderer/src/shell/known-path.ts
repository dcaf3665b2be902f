/** A folder's path as the user knows it: of what was sent to the studio, from its own name on. */
export function knownPath(path: string): string {
  return path.replace(/^.*[\\/]maskforge-uploads-[^\\/]+[\\/][0-9a-f-]{36}[\\/]/, '');
}

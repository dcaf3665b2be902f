const SENT = /(?:[A-Za-z]:)?[^\s“”"'(]*[\\/]maskforge-uploads-[^\\/]+[\\/][0-9a-f-]{36}[\\/]/g;

/** A path, or a text with paths, as the user knows them: of what was sent to the studio, from the folder's own name on. */
export function knownPath(text: string): string {
  return text.replace(SENT, '');
}

/** What the page may load, the same in the desktop and in a browser: its own files, pictures, and nothing inline. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' media: blob: data:",
  "media-src 'self' media: blob:",
  "font-src 'self'",
  "connect-src 'self' media: blob:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const mimeTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};

/** The content type of one of the page's own files, by extension with its dot. */
export function mimeTypeOf(extension: string): string {
  return mimeTypes[extension.toLowerCase()] ?? 'application/octet-stream';
}

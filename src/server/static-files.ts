import type { ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { contentSecurityPolicy, mimeTypeOf } from '../shared/page-policy';

const pageHeaders = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** Sends a file of the built page; `/` is its index. */
export async function sendPageFile(response: ServerResponse, folder: string, pathname: string): Promise<void> {
  try {
    const file = normalize(join(folder, pathname === '/' ? 'index.html' : decodeURIComponent(pathname)));
    if (!file.startsWith(folder + sep)) return void response.writeHead(403).end();
    const body = await readFile(file);
    // Built names carry a hash of their content, but for the index.
    const cache = pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store';
    response.writeHead(200, { ...pageHeaders, 'Content-Type': mimeTypeOf(extname(file)), 'Cache-Control': cache });
    response.end(body);
  } catch {
    response.writeHead(404, pageHeaders).end();
  }
}

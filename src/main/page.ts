import { protocol } from 'electron';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { mimeTypeOf, contentSecurityPolicy } from '../shared/page-policy';
import type { StudioClient } from '../shared/rpc';
import type { Reply } from './compat';
import { handleScheme } from './compat';

const pageScheme = 'studio';
const mediaScheme = 'media';

/** Where the page is loaded from; an origin of its own instead of `file:`, which could read the whole disk. */
export const pageUrl = `${pageScheme}://app/index.html`;

/** Has to run before Electron is ready. */
export function declareSchemes(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true };
  protocol.registerSchemesAsPrivileged([
    { scheme: pageScheme, privileges },
    { scheme: mediaScheme, privileges: { ...privileges, stream: true } },
  ]);
}

/** `studio://app/…`: the built page. */
export function servePage(folder: string): void {
  handleScheme(pageScheme, async ({ pathname }) => {
    try {
      const file = normalize(join(folder, decodeURIComponent(pathname)));
      if (!file.startsWith(folder + sep)) return refusal(403);
      const headers = {
        'Content-Type': mimeTypeOf(extname(file)),
        'Content-Security-Policy': contentSecurityPolicy,
        'X-Content-Type-Options': 'nosniff',
      };
      return { status: 200, headers, body: await readFile(file) };
    } catch {
      return refusal(404);
    }
  });
}

/** `media://picture/ID?max=256`: pictures as the engine host reads them. */
export function serveMedia(client: () => Promise<StudioClient>): void {
  handleScheme(mediaScheme, async (url) => {
    if (url.hostname !== 'picture') return refusal(404);
    const max = Number(url.searchParams.get('max'));
    try {
      const pictureId = decodeURIComponent(url.pathname.slice(1));
      const studio = await client();
      const picture = await studio.call('pictures.read', {
        pictureId,
        ...(Number.isInteger(max) && max > 0 ? { maxSide: max } : {}),
      });
      const headers = { 'Content-Type': picture.mime, 'Access-Control-Allow-Origin': `${pageScheme}://app` };
      return { status: 200, headers, body: picture.bytes };
    } catch {
      // An image element cannot show a reason; the page asks through the contract where it wants one.
      return refusal(404);
    }
  });
}

function refusal(status: number): Reply {
  return { status, headers: { 'Content-Type': 'text/plain' }, body: new Uint8Array() };
}

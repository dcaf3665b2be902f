import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { AppError, toErrorReport } from '../shared/app-error';
import { browserProtocol } from '../shared/browser-protocol';
import type { StudioClient } from '../shared/rpc';
import { createStudioClient } from '../shared/rpc';
import { forkHost } from '../studio/host/fork-host';
import { HostSupervisor } from '../studio/host/supervisor';
import { cookieName, isSame, judge } from './access';
import { joinClient } from './client-channel';
import { sendPageFile } from './static-files';
import { discardUpload, receiveUpload } from './uploads';

export interface ServeOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly dataDirectory: string;
  readonly resourcesDirectory: string;
  /** The built page. */
  readonly pageDirectory: string;
  /** The built host program. */
  readonly hostScript: string;
  /** Files and folders that the page may open by path, besides what it uploads. */
  readonly grants?: readonly string[];
}

export interface StudioServer {
  /** Address for the user, with the token. Whoever has it can use the studio. */
  readonly url: string;
  readonly supervisor: HostSupervisor;
  close(): Promise<void>;
}

const address = '127.0.0.1';
/** Pictures and networks of any sensible size; the body never lies in memory as a whole. */
const maxMessageBytes = 1024 * 1024 * 1024;

/**
 * Serves the studio to browsers on this machine.
 * @throws AppError SERVER_PORT_TAKEN
 */
export async function serve(options: ServeOptions): Promise<StudioServer> {
  const uploads = await mkdtemp(join(tmpdir(), 'maskforge-uploads-'));
  const supervisor = new HostSupervisor({
    launch: () => forkHost(options.hostScript),
    dataDirectory: options.dataDirectory,
    resourcesDirectory: options.resourcesDirectory,
    unrestricted: false,
  });
  supervisor.grant([uploads, ...(options.grants ?? [])]);
  const http = createServer();
  const port = await listen(http, options.port).catch(async (error: unknown) => {
    await rm(uploads, { recursive: true, force: true });
    throw error;
  });
  supervisor.start();
  const token = randomBytes(24).toString('base64url');
  const site = new Site({ options, supervisor, uploads, token, port });
  http.on('request', (request, response) => void site.answer(request, response));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  http.on('upgrade', (request, stream, head) => {
    if (request.url !== browserProtocol.channelPath || judge(request.headers, { token, port }) !== 'allowed') {
      stream.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => void joinClient(socket, supervisor));
  });
  return {
    url: `http://${address}:${port}/?token=${token}`,
    supervisor,
    close: async () => {
      for (const socket of sockets.clients) socket.close(browserProtocol.closeCodes.stopping, 'The studio was closed.');
      sockets.close();
      http.close();
      await supervisor.stop();
      http.closeAllConnections();
      await rm(uploads, { recursive: true, force: true });
    },
  };
}

function listen(http: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) =>
      reject(
        new AppError('SERVER_PORT_TAKEN', `Port ${port} on ${address} cannot be used: ${cause.message}.`, {
          hint: 'Choose another with --port, or leave it out for any free one.',
          cause,
          details: { port },
        }),
      ),
    );
    http.listen(port, address, () => resolve((http.address() as AddressInfo).port));
  });
}

interface SiteParts {
  readonly options: ServeOptions;
  readonly supervisor: HostSupervisor;
  readonly uploads: string;
  readonly token: string;
  readonly port: number;
}

class Site {
  readonly #parts: SiteParts;
  #media: StudioClient | undefined;

  constructor(parts: SiteParts) {
    this.#parts = parts;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { token, port, options } = this.#parts;
    const url = new URL(request.url ?? '/', `http://${address}:${port}`);
    try {
      if (request.method === 'GET' && url.pathname === '/' && url.searchParams.has('token')) {
        return this.#welcome(request, response, url);
      }
      const verdict = judge(request.headers, { token, port });
      if (verdict !== 'allowed') return refuse(response, verdict === 'no-token');
      if (request.method === 'GET' && url.pathname.startsWith(browserProtocol.mediaPath)) {
        return await this.#sendPicture(response, url);
      }
      if (request.method === 'GET') return await sendPageFile(response, options.pageDirectory, url.pathname);
      if (request.method === 'POST') return await this.#post(request, response, url);
      const discarded = url.pathname === browserProtocol.uploadPath ? url.searchParams.get('folder') : null;
      if (request.method === 'DELETE' && discarded !== null) {
        await discardUpload(this.#parts.uploads, discarded);
        return void response.writeHead(204).end();
      }
      response.writeHead(405).end();
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const report = toErrorReport(error);
      response.writeHead(error instanceof AppError ? 422 : 500, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ error: report.code === 'INTERNAL' ? { ...report, stack: undefined } : report }));
    }
  }

  /** Turns the token of the address into a cookie, and takes it out of the address bar and the history. */
  #welcome(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const { token, port } = this.#parts;
    const verdict = judge(request.headers, { token, port });
    const known = isSame(url.searchParams.get('token') ?? '', token);
    if (!known || verdict === 'wrong-host' || verdict === 'wrong-origin') return refuse(response, !known);
    const cookie = `${cookieName(port)}=${token}; HttpOnly; SameSite=Strict; Path=/`;
    // Not a redirect by status: after one from another site, a strict cookie would not be sent along.
    response.writeHead(200, { 'Set-Cookie': cookie, 'Content-Type': 'text/html', Refresh: '0; url=/' });
    response.end('<!doctype html><title>Maskforge</title><link rel="icon" href="data:,">');
  }

  async #post(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { supervisor, uploads } = this.#parts;
    if (url.pathname === browserProtocol.uploadPath) {
      const name = url.searchParams.get('name') ?? 'file';
      const upload = await receiveUpload(request, uploads, name, url.searchParams.get('folder'));
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(upload));
    } else if (url.pathname === browserProtocol.restartHostPath) {
      supervisor.restart();
      response.writeHead(204).end();
    } else {
      response.writeHead(404).end();
    }
  }

  async #sendPicture(response: ServerResponse, url: URL): Promise<void> {
    const pictureId = decodeURIComponent(url.pathname.slice(browserProtocol.mediaPath.length));
    const max = Number(url.searchParams.get('max'));
    const size = Number.isInteger(max) && max > 0 ? { maxSide: max } : {};
    const studio = await this.#studio();
    const picture = await studio.call('pictures.read', { pictureId, ...size });
    response.writeHead(200, { 'Content-Type': picture.mime, 'Cache-Control': 'private, max-age=3600' });
    response.end(picture.bytes);
  }

  async #studio(): Promise<StudioClient> {
    const { supervisor } = this.#parts;
    await supervisor.ready();
    if (this.#media === undefined) {
      const channel = supervisor.openChannel();
      channel.onClose(() => (this.#media = undefined));
      this.#media = createStudioClient(channel);
    }
    return this.#media;
  }
}

function refuse(response: ServerResponse, tokenIsMissing: boolean): void {
  response.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(
    tokenIsMissing
      ? 'Open the address that the terminal printed: it ends in a token that this browser does not have yet.'
      : 'Only pages of this studio on this machine may ask for this.',
  );
}

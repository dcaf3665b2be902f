import { decode, encode } from '@msgpack/msgpack';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { browserProtocol } from '../shared/browser-protocol';
import { contentSecurityPolicy } from '../shared/page-policy';
import type { Channel, StudioClient } from '../shared/rpc';
import { createStudioClient } from '../shared/rpc';
import { buildFakeHost } from '../studio/host/testing/build-fake-host';
import type { StudioServer } from './serve';
import { serve } from './serve';

let scratch: string;
let server: StudioServer;
let base: URL;
let cookie: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'maskforge-serve-'));
  await mkdir(join(scratch, 'page', 'assets'), { recursive: true });
  await writeFile(join(scratch, 'page', 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(scratch, 'page', 'assets', 'main.js'), 'export {};');
  await writeFile(join(scratch, 'secret.txt'), 'secret');
  server = await serve({
    port: 0,
    dataDirectory: scratch,
    resourcesDirectory: join(scratch, 'resources'),
    pageDirectory: join(scratch, 'page'),
    hostScript: await buildFakeHost(scratch),
  });
  base = new URL(server.url);
  const welcome = await send(base.pathname + base.search);
  cookie = (welcome.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
  await server.supervisor.ready();
});
afterAll(async () => {
  await server.close();
  await rm(scratch, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** As raw as HTTP gets: fetch would clean the path and refuse to set Host and Origin. */
function send(path: string, headers: Record<string, string> = {}, method = 'GET', body?: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: base.hostname, port: base.port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function openSocket(headers: Record<string, string>): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${base.host}${browserProtocol.channelPath}`, { headers });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function connect(): Promise<{ client: StudioClient; socket: WebSocket }> {
  const socket = await openSocket({ cookie, origin: base.origin });
  const channel: Channel = {
    send: (message) => socket.send(encode(message, { ignoreUndefined: true })),
    onMessage: (listener) => void socket.on('message', (data: Buffer) => listener(decode(data))),
    onClose: (listener) => void socket.on('close', (_code, reason) => listener(String(reason))),
    close: () => socket.close(),
  };
  return { client: createStudioClient(channel), socket };
}

describe('the local server', () => {
  it('listens on loopback only and gives a cookie for the token', () => {
    expect(base.hostname).toBe('127.0.0.1');
    expect(cookie).toMatch(/^maskforge-\d+=.{32}$/);
  });

  it('serves the page with its policy', async () => {
    const page = await send('/', { cookie });
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toBe(contentSecurityPolicy);
    expect(String(page.body)).toContain('<title>page</title>');
    expect((await send('/assets/main.js', { cookie })).headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  it.each([
    ['no cookie', '/', {}, 403],
    ['a wrong token', '/?token=0123456789', {}, 403],
    ['another origin', '/', { origin: 'https://evil.example' }, 403],
    ['another host', '/', { host: 'evil.example' }, 403],
    ['the folder above', '/../secret.txt', {}, 404],
    ['the folder above, encoded', '/%2e%2e/secret.txt', {}, 404],
    ['the folder above, encoded slash', '/..%2fsecret.txt', {}, 403],
    ['a file that is not there', '/none.js', {}, 404],
    ['a name that cannot be decoded', '/%ff.js', {}, 404],
    ['another method', '/', {}, 405],
  ])('refuses %s', async (name, path, headers, status) => {
    const sent = name === 'no cookie' || name === 'a wrong token' ? headers : { cookie, ...headers };
    const answer = await send(path, sent, status === 405 ? 'DELETE' : 'GET');
    expect(answer.status).toBe(status);
    expect(String(answer.body)).not.toContain('secret');
  });

  it.each([
    ['no cookie', () => ({ origin: base.origin })],
    ['another origin', () => ({ cookie, origin: 'https://evil.example' })],
  ])('refuses a channel with %s', async (_name, headers) => {
    await expect(openSocket(headers())).rejects.toThrow('403');
  });

  it('takes an upload, which the studio may then open, and shows it', async () => {
    const path = `${browserProtocol.uploadPath}?name=${encodeURIComponent('../街道.png')}`;
    const uploaded = await send(path, { cookie, origin: base.origin }, 'POST', Buffer.from('pixels'));
    const file = (JSON.parse(String(uploaded.body)) as { path: string }).path;
    expect(file.endsWith('街道.png')).toBe(true);
    expect(await readFile(file, 'utf8')).toBe('pixels');

    const { client, socket } = await connect();
    const { added } = await client.call('pictures.add', { paths: [file] });
    const id = added[0]?.id ?? '';
    const shown = await send(`${browserProtocol.mediaPath}${encodeURIComponent(id)}?max=64`, { cookie });
    expect([shown.status, shown.headers['content-type'], shown.body.length]).toEqual([200, 'image/png', 3_000_000]);
    const refused = client.call('pictures.add', { paths: [join(scratch, 'secret.txt')] });
    await expect(refused).rejects.toMatchObject({ code: 'FILE_NOT_GRANTED' });
    socket.close();
  });

  it('keeps a folder that is sent together, whatever its names, and takes it back', async () => {
    const headers = { cookie, origin: base.origin };
    const folder = randomUUID();
    const post = async (name: string, id: string = folder) => {
      const query = new URLSearchParams({ name, folder: id }).toString();
      const answer = await send(`${browserProtocol.uploadPath}?${query}`, headers, 'POST', Buffer.from(name));
      return { status: answer.status, ...(JSON.parse(String(answer.body)) as { path: string; folder: string }) };
    };
    const names = ['街道/a?.png', '街道/a_.png', '街道/../../deeper\\b.png', '街道/\u0000\ufffd.png'];
    const sent = [];
    for (const name of names) sent.push(await post(name));
    const [first] = sent;
    expect(first?.folder.endsWith(join(folder, '街道'))).toBe(true);
    expect(sent.map(({ path }) => path.slice(first?.folder.length))).toEqual(
      ['a_.png', 'a_ (2).png', join('file', 'file', 'deeper', 'b.png'), '_\ufffd.png'].map((name) => join(sep, name)),
    );
    expect(await readFile(sent[1]?.path ?? '', 'utf8')).toBe('街道/a_.png');
    expect((await post('a.png', `../${folder.slice(3)}`)).status).toBe(422);
    const gone = await send(`${browserProtocol.uploadPath}?folder=${folder}`, headers, 'DELETE');
    expect([gone.status, existsSync(first?.folder ?? '')]).toEqual([204, false]);
  });

  it('closes channels with the reason when the host is killed, and serves new ones after it', async () => {
    const { client, socket } = await connect();
    const closed = new Promise<{ code: number; reason: string }>((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
    process.kill(server.supervisor.pid ?? 0, 'SIGKILL');
    const { code, reason } = await closed;
    expect(code).toBe(browserProtocol.closeCodes.hostRestarting);
    expect(reason).toContain('SIGKILL');
    await expect(client.call('pictures.samples', {})).rejects.toMatchObject({ code: 'HOST_GONE' });

    const again = await connect();
    await expect(again.client.call('pictures.samples', {})).rejects.toMatchObject({ code: 'NOT_IN_TEST' });
    again.socket.close();
  });

  it('says which port is taken', async () => {
    const second = serve({
      port: Number(base.port),
      dataDirectory: scratch,
      resourcesDirectory: scratch,
      pageDirectory: scratch,
      hostScript: 'none',
    });
    await expect(second).rejects.toMatchObject({ code: 'SERVER_PORT_TAKEN', details: { port: Number(base.port) } });
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Fault, Hub } from '../../../tools/hub-server/hub-server.mjs';
import { startHub } from '../../../tools/hub-server/hub-server.mjs';
import { startProxy } from '../../../tools/hub-server/proxy-server.mjs';
import type { Downloaded, DownloadOptions } from './download-file';
import { downloadFile } from './download-file';
import type { Environment } from './hub-address';
import { hubSettings } from './hub-address';
import { afterThisTest, loopbackCertificate, temporaryFolder } from './testing';

const REPO = 'owner/net';
const BIG = randomBytes(300_000);
const SMALL = Buffer.from('{"id2label":{"0":"road"}}');

async function hubWith(options: Partial<Parameters<typeof startHub>[0]> = {}): Promise<Hub> {
  const files: [string, Uint8Array][] = [
    [`${REPO}/onnx/model.onnx`, BIG],
    [`${REPO}/config.json`, SMALL],
  ];
  const hub = await startHub({ files, ...options });
  afterThisTest(() => hub.close());
  return hub;
}

interface Fetch {
  readonly target: string;
  readonly waited: number[];
  run(path?: string, extra?: Partial<DownloadOptions>): Promise<Downloaded>;
}

/** One download folder; time that would be waited is written down instead. */
function fetcher(hub: Hub, env: Environment = {}): Fetch {
  const target = join(temporaryFolder(), 'model.onnx');
  const waited: number[] = [];
  const all = { HF_ENDPOINT: hub.url, ...env };
  return {
    target,
    waited,
    run: (path = 'onnx/model.onnx', extra = {}) =>
      downloadFile({ repo: REPO, revision: 'main', path }, target, {
        settings: hubSettings(all),
        env: all,
        idleMs: 20_000,
        sleep: async (milliseconds) => void waited.push(milliseconds),
        ...extra,
      }),
  };
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const onlyTheFile = (target: string): string[] =>
  readdirSync(join(target, '..')).filter((name) => !name.startsWith('.'));

describe('downloadFile', () => {
  it('fetches a large file from the store that the hub points to, and a small one from the hub', async () => {
    const hub = await hubWith();
    const fetch = fetcher(hub);
    const progress: [number, number | null][] = [];
    const result = await fetch.run(undefined, { onProgress: (done, total) => void progress.push([done, total]) });
    expect(result).toMatchObject({ sizeBytes: BIG.length, fetched: true });
    expect(digest(readFileSync(fetch.target))).toBe(digest(BIG));
    expect(progress.at(-1)).toEqual([BIG.length, BIG.length]);
    expect(onlyTheFile(fetch.target)).toEqual(['model.onnx']);
    await fetch.run('config.json');
    expect(readFileSync(fetch.target)).toEqual(SMALL);
  });

  it('does not fetch again what is still the same, and does when the hub has another', async () => {
    const hub = await hubWith();
    const fetch = fetcher(hub);
    await fetch.run();
    const before = hub.requests.filter(({ where }) => where === 'store').length;
    expect((await fetch.run()).fetched).toBe(false);
    hub.setFile(`${REPO}/onnx/model.onnx`, SMALL);
    expect((await fetch.run()).fetched).toBe(true);
    expect(readFileSync(fetch.target)).toEqual(SMALL);
    expect(before).toBe(1);
  });

  it.each<[string, Fault, number]>([
    ['the connection breaks in the middle', { where: 'store', dropAfter: 100_000 }, 2],
    ['it breaks three times', { where: 'store', dropAfter: 50_000, times: 3 }, 4],
    ['the store promises more than it sends', { where: 'store', dropAfter: 100_000, chunked: true }, 2],
    ['the server is down for a moment', { where: 'store', status: 503 }, 2],
    ['the hub wants a pause', { status: 429, headers: { 'retry-after': '7' } }, 1],
    ['nothing comes for a while', { where: 'store', stallAfter: 100_000 }, 2],
  ])('comes through when %s', async (_what, fault, storeRequests) => {
    const hub = await hubWith();
    hub.fail(fault);
    const fetch = fetcher(hub);
    await fetch.run(undefined, { idleMs: fault.stallAfter === undefined ? 20_000 : 300 });
    expect(digest(readFileSync(fetch.target))).toBe(digest(BIG));
    expect(hub.requests.filter(({ where }) => where === 'store')).toHaveLength(storeRequests);
    expect(fetch.waited.length).toBeGreaterThan(0);
  });

  it('takes up after a failure where it stopped', async () => {
    const hub = await hubWith();
    hub.fail({ where: 'store', dropAfter: 100_000 });
    const fetch = fetcher(hub);
    await fetch.run();
    expect(hub.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('waits as long as the hub asks, and not two hours', async () => {
    const hub = await hubWith();
    hub.fail({ status: 429, headers: { 'retry-after': '7' } });
    const fetch = fetcher(hub);
    await fetch.run();
    expect(fetch.waited).toEqual([7_000]);
    hub.fail({ status: 429, headers: { 'retry-after': '7200' } });
    await expect(fetch.run()).rejects.toMatchObject({ code: 'HUB_RATE_LIMITED', details: { retryAfter: 7200 } });
    expect(fetch.waited).toHaveLength(1);
  });

  it('resumes in a later run, keeps the part after a cancel, and starts over when the file has changed', async () => {
    const hub = await hubWith();
    const fetch = fetcher(hub);
    const controller = new AbortController();
    hub.fail({ where: 'store', stallAfter: 120_000 });
    const running = fetch.run(undefined, { signal: controller.signal });
    const part = `${fetch.target}.part`;
    await vi.waitUntil(() => existsSync(part) && statSync(part).size > 0, { timeout: 20_000 });
    controller.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(existsSync(fetch.target)).toBe(false);
    const kept = statSync(part).size;
    await fetch.run();
    expect(hub.requests.at(-1)?.headers.range).toBe(`bytes=${kept}-`);
    expect(digest(readFileSync(fetch.target))).toBe(digest(BIG));

    const changed = fetcher(hub);
    writeFileSync(`${changed.target}.part`, BIG.subarray(0, 1000));
    writeFileSync(`${changed.target}.part.json`, JSON.stringify({ etag: 'of-another-file', size: 5000 }));
    await changed.run();
    expect(digest(readFileSync(changed.target))).toBe(digest(BIG));
  });

  it('finishes a part that is whole already, and copes with a store that knows no ranges', async () => {
    const hub = await hubWith();
    for (const length of [BIG.length, 1000]) {
      const fetch = fetcher(hub);
      writeFileSync(`${fetch.target}.part`, BIG.subarray(0, length));
      writeFileSync(`${fetch.target}.part.json`, JSON.stringify({ etag: digest(BIG), size: BIG.length }));
      if (length === 1000) hub.fail({ where: 'store', ignoreRange: true });
      await fetch.run();
      expect(digest(readFileSync(fetch.target))).toBe(digest(BIG));
    }
  });

  it.each<[string, Fault, string, RegExp]>([
    ['promises too much', { where: 'store', lieBy: 500 }, 'HUB_LENGTH_MISMATCH', /300000 bytes/],
    ['promises too little', { where: 'store', lieBy: -500 }, 'HUB_LENGTH_MISMATCH', /299500/],
    ['sends too much', { where: 'store', chunked: true, extra: 10 }, 'HUB_LENGTH_MISMATCH', /300010|30\d+/],
    ['sends other bytes', { where: 'store', corrupt: true }, 'HUB_CHECKSUM_MISMATCH', /checksum/],
    ['wants a login', { status: 401, headers: { 'x-error-code': 'RepoNotFound' } }, 'HUB_UNAUTHORIZED', /anonymous/],
    [
      'wants terms accepted',
      { status: 403, headers: { 'x-error-code': 'GatedRepo' } },
      'HUB_UNAUTHORIZED',
      /owner\/net/,
    ],
    ['is down', { status: 503, times: 99 }, 'HUB_UNAVAILABLE', /503/],
    ['is nowhere', { redirect: 'http://127.0.0.1:1/x' }, 'NETWORK_OFFLINE', /ECONNREFUSED/],
    ['never answers', { hang: true, where: 'store', times: 99 }, 'NETWORK_TIMEOUT', /in time/],
    ['goes in circles', { redirect: '/owner/net/resolve/main/onnx/model.onnx', times: 99 }, 'HUB_FAILED', /redirects/],
    ['answers nonsense', { status: 400 }, 'HUB_FAILED', /400/],
  ])('says what is wrong when the server %s', async (_what, fault, code, message) => {
    const hub = await hubWith();
    hub.fail(fault);
    const fetch = fetcher(hub);
    const error: unknown = await fetch
      .run(undefined, { idleMs: fault.hang === true ? 200 : 20_000 })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.stringMatching(/\w/) });
    expect(existsSync(fetch.target)).toBe(false);
  });

  it.each([
    ['onnx/other.onnx', 'main', /no file onnx\/other.onnx/],
    ['onnx/model.onnx', 'missing', /no revision missing/],
  ])('names what the hub has not: %s at %s', async (path, revision, message) => {
    const hub = await hubWith();
    const env = { HF_ENDPOINT: hub.url };
    const target = join(temporaryFolder(), 'x.onnx');
    const run = downloadFile({ repo: REPO, revision, path }, target, { settings: hubSettings(env), env });
    await expect(run).rejects.toMatchObject({ code: 'HUB_NOT_FOUND', message: expect.stringMatching(message) });
  });

  it('shows the access token to the hub and to nobody else', async () => {
    const hub = await hubWith({ token: 'secret-token' });
    await expect(fetcher(hub).run()).rejects.toMatchObject({ code: 'HUB_UNAUTHORIZED' });
    await fetcher(hub, { HF_TOKEN: 'secret-token\n' }).run();
    const last = hub.requests.slice(-2);
    expect(last.map(({ where, headers }) => [where, headers.authorization])).toEqual([
      ['hub', 'Bearer secret-token'],
      ['store', undefined],
    ]);
  });

  it('leaves nothing half-written where the folder cannot be written', async () => {
    const hub = await hubWith();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const env = { HF_ENDPOINT: hub.url };
    const target = join(folder, 'file', 'model.onnx');
    const run = downloadFile({ repo: REPO, revision: 'main', path: 'onnx/model.onnx' }, target, {
      settings: hubSettings(env),
      env,
    });
    await expect(run).rejects.toMatchObject({ code: expect.stringMatching(/^FILE_/) });
    mkdirSync(join(folder, 'again'));
  });

  it('fetches nothing when HF_HUB_OFFLINE is set', async () => {
    const hub = await hubWith();
    await expect(fetcher(hub, { HF_HUB_OFFLINE: '1' }).run()).rejects.toMatchObject({ code: 'NETWORK_OFFLINE' });
    expect(hub.requests).toHaveLength(0);
  });
});

describe('downloadFile through a proxy', () => {
  it('sends plain requests through HTTP_PROXY, with its password', async () => {
    const hub = await hubWith();
    const proxy = await startProxy({ password: 'me:open sesame' });
    afterThisTest(() => proxy.close());
    const address = proxy.url.replace('://', '://me:open%20sesame@');
    const fetch = fetcher(hub, { http_proxy: address });
    await fetch.run();
    expect(digest(readFileSync(fetch.target))).toBe(digest(BIG));
    expect(proxy.seen.map(({ target }) => new URL(target).origin)).toEqual([hub.url, hub.storeUrl]);
    await expect(fetcher(hub, { HTTP_PROXY: proxy.url }).run()).rejects.toMatchObject({
      code: 'NETWORK_PROXY_REFUSED',
      hint: expect.stringMatching(/NAME:PASSWORD/),
    });
  });

  it('opens a tunnel through HTTPS_PROXY for encrypted requests, where the token stays hidden', async () => {
    const tls = loopbackCertificate();
    const hub = await hubWith({ tls, token: 'secret-token' });
    const proxy = await startProxy();
    afterThisTest(() => proxy.close());
    const fetch = fetcher(hub, { HTTPS_PROXY: proxy.url, HF_TOKEN: 'secret-token' });
    await fetch.run(undefined, { ca: tls.cert });
    expect(digest(readFileSync(fetch.target))).toBe(digest(BIG));
    const hosts = [hub.url, hub.storeUrl].map((url) => new URL(url).host);
    expect(proxy.seen).toEqual(hosts.map((target) => ({ method: 'CONNECT', target })));
    expect(hub.requests.map(({ port }) => port)).toEqual(proxy.ports);
  });

  it('says so when a certificate is not trusted, a tunnel is refused, or the proxy is not there', async () => {
    const hub = await hubWith({ tls: loopbackCertificate() });
    await expect(fetcher(hub).run()).rejects.toMatchObject({ code: 'NETWORK_CERTIFICATE' });
    const proxy = await startProxy({ refuse: 403 });
    afterThisTest(() => proxy.close());
    await expect(fetcher(hub, { https_proxy: proxy.url }).run()).rejects.toMatchObject({
      code: 'NETWORK_PROXY_REFUSED',
    });
    await expect(fetcher(hub, { https_proxy: 'http://127.0.0.1:1' }).run()).rejects.toMatchObject({
      code: 'NETWORK_OFFLINE',
      message: expect.stringMatching(/127\.0\.0\.1:1/),
    });
  });

  it('goes past the proxy for the hosts of NO_PROXY', async () => {
    const hub = await hubWith();
    const fetch = fetcher(hub, { http_proxy: 'http://127.0.0.1:1', no_proxy: 'example.org,127.0.0.1' });
    await fetch.run();
    expect(digest(readFileSync(fetch.target))).toBe(digest(BIG));
  });
});

import { describe, expect, it } from 'vitest';
import { checkFile, fileUrl, hubSettings, parseRepo } from './hub-address';
import { proxyFor } from './proxy-choice';

const hub = new URL('https://hub.example');

describe('parseRepo', () => {
  it.each([
    ['owner/name', 'owner/name', 'main'],
    ['owner/name@v1.0', 'owner/name', 'v1.0'],
    ['owner/name@refs/pr/3', 'owner/name', 'refs/pr/3'],
    ['https://hub.example/owner/name', 'owner/name', 'main'],
    ['https://hub.example/owner/name/', 'owner/name', 'main'],
  ])('reads %s', (text, repo, revision) => {
    expect(parseRepo(text, hub)).toEqual({ repo, revision });
  });

  it.each(['', 'name', 'a/b/c', '../etc', 'a/..', 'a/b@', 'a/b@../x', 'a /b', 'https://elsewhere/a/b', 'a/b@x y'])(
    'refuses %j',
    (text) => expect(() => parseRepo(text, hub)).toThrow(expect.objectContaining({ code: 'HUB_NAME_INVALID' })),
  );

  it.each(['../x.onnx', '/x.onnx', 'a//x.onnx', 'x.txt', '.hidden/x.onnx', 'a/../x.onnx', 'a\\x.onnx'])(
    'refuses the file %j',
    (path) => expect(() => checkFile(path)).toThrow(expect.objectContaining({ code: 'HUB_NAME_INVALID' })),
  );
});

describe('hubSettings', () => {
  it.each([
    [{}, 'https://huggingface.co/', null, false],
    [{ HF_ENDPOINT: ' http://mirror.local/hf/ ', HF_TOKEN: ' t\n' }, 'http://mirror.local/hf/', 't', false],
    [{ HF_ENDPOINT: '', HF_TOKEN: '', HF_HUB_OFFLINE: 'TRUE' }, 'https://huggingface.co/', null, true],
  ])('reads %j', (env, endpoint, token, offline) => {
    const settings = hubSettings(env);
    expect([settings.endpoint.href, settings.token, settings.offline]).toEqual([endpoint, token, offline]);
  });

  it.each(['ftp://x', 'not an address'])('refuses the endpoint %j', (HF_ENDPOINT) => {
    expect(() => hubSettings({ HF_ENDPOINT })).toThrow(expect.objectContaining({ code: 'HUB_ENDPOINT_INVALID' }));
  });

  it('keeps the path of a mirror and escapes revisions and names', () => {
    const url = fileUrl(new URL('http://mirror.local/hf/'), {
      repo: 'a/b',
      revision: 'refs/pr/3',
      path: 'onnx/my model.onnx',
    });
    expect(url.href).toBe('http://mirror.local/hf/a/b/resolve/refs%2Fpr%2F3/onnx/my%20model.onnx');
  });
});

describe('proxyFor', () => {
  it.each<[string, Record<string, string>, string | null]>([
    ['https://a.org/x', {}, null],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:3128' }, 'http://p:3128/'],
    ['https://a.org/x', { HTTP_PROXY: 'http://p:3128' }, null],
    ['http://a.org/x', { HTTP_PROXY: 'p:3128' }, 'http://p:3128/'],
    ['http://a.org/x', { ALL_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://a.org/x', { https_proxy: 'http://small:1', HTTPS_PROXY: 'http://large:1' }, 'http://small:1/'],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, null],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'b.org, a.org' }, null],
    ['https://cdn.a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.a.org' }, null],
    ['https://nota.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.org' }, 'http://p:1/'],
    ['https://a.org:8443/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.org:443' }, 'http://p:1/'],
    ['https://a.org:8443/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.org:8443' }, null],
    ['http://[::1]:80/x', { HTTP_PROXY: 'http://p:1', NO_PROXY: '::1' }, null],
    ['https://a.org/x', { HTTPS_PROXY: ' ' }, null],
  ])('%s with %j goes through %s', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)?.href ?? null).toBe(expected);
  });

  it.each(['socks5://p:1', 'http://'])('refuses the proxy %s', (HTTPS_PROXY) => {
    expect(() => proxyFor(new URL('https://a.org'), { HTTPS_PROXY })).toThrow(
      expect.objectContaining({ code: 'NETWORK_PROXY_INVALID' }),
    );
  });
});

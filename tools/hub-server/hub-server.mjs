/**
 * A model hub on loopback, laid out as the real one: `/OWNER/NAME/resolve/REVISION/PATH` answers small files itself and
 * sends large ones (ONNX) to a store on another origin, with their SHA-256 and size in `x-linked-…`. It can be told to
 * fail in all the ways that networks do. For tests, and for trying the catalogue by hand:
 *
 *   node tools/hub-server/hub-server.mjs --root DIR [--port 8080]      DIR holds OWNER/NAME/…
 *   HF_ENDPOINT=http://127.0.0.1:8080 maskforge models pull OWNER/NAME
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

export const COMMIT = '5f1e2d3c4b5a69788796a5b4c3d2e1f001122334';

/** Starts the hub and its store. See hub-server.d.mts for the options. */
export async function startHub({ files, token = null, tls = null, faults = [] }) {
  const state = { files: new Map(files), token, faults: [...faults], requests: [], storeUrl: '' };
  const store = listen((request, response) => answerStore(state, request, response), tls);
  const hub = listen((request, response) => answerHub(state, request, response), tls);
  const [storeServer, hubServer] = await Promise.all([store, hub]);
  state.storeUrl = storeServer.url;
  return {
    url: hubServer.url,
    storeUrl: state.storeUrl,
    requests: state.requests,
    setFile: (path, bytes) => void state.files.set(path, bytes),
    removeFile: (path) => void state.files.delete(path),
    fail: (fault) => void state.faults.push({ times: 1, ...fault }),
    close: async () => {
      await Promise.all([hubServer.close(), storeServer.close()]);
    },
  };
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

export function gitBlobId(bytes) {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function answerHub(state, request, response) {
  const path = record(state, 'hub', request);
  const match = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
  if (match === null) return refuse(response, 404);
  const [, repo, revision, file] = match;
  const fault = takeFault(state, 'hub', file);
  if (fault?.status !== undefined) return refuse(response, fault.status, fault.headers);
  if (state.token !== null && request.headers.authorization !== `Bearer ${state.token}`) {
    return refuse(response, 401, { 'x-error-code': 'RepoNotFound' });
  }
  if (fault?.redirect !== undefined) return refuse(response, 302, { location: fault.redirect });
  const bytes = state.files.get(`${repo}/${file}`);
  if (bytes === undefined || revision === 'missing') {
    return refuse(response, 404, { 'x-error-code': errorCodeFor(state, repo, revision) });
  }
  const commit = { 'x-repo-commit': COMMIT };
  if (!file.endsWith('.onnx')) {
    return sendBytes(request, response, bytes, { ...commit, etag: `"${gitBlobId(bytes)}"` }, fault);
  }
  const linked = { 'x-linked-etag': `"${sha256(bytes)}"`, 'x-linked-size': String(bytes.length) };
  const location = `${state.storeUrl}/${repo}/${file}?signature=opaque`;
  return refuse(response, 302, { ...commit, ...linked, location });
}

function answerStore(state, request, response) {
  const path = record(state, 'store', request);
  const file = path.slice(1);
  const fault = takeFault(state, 'store', file);
  if (fault?.status !== undefined) return refuse(response, fault.status, fault.headers);
  const bytes = state.files.get(file);
  if (bytes === undefined) return refuse(response, 404);
  // A store tags files in its own way, which says nothing of the hub's hash.
  return sendBytes(request, response, bytes, { etag: `"store-${bytes.length}"` }, fault);
}

function sendBytes(request, response, whole, headers, fault = {}) {
  if (fault.hang) return;
  const bytes = fault.corrupt ? corrupted(whole) : whole;
  const etag = headers.etag;
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const ifRange = request.headers['if-range'];
  const partial = range !== undefined && !fault.ignoreRange && (ifRange === undefined || ifRange === etag);
  if (partial && Number(range) >= bytes.length) {
    return refuse(response, 416, { ...headers, 'content-range': `bytes */${bytes.length}` });
  }
  const body = partial ? bytes.subarray(Number(range)) : bytes;
  const start = bytes.length - body.length;
  const span = partial ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {};
  const length = fault.chunked ? {} : { 'content-length': String(body.length + (fault.lieBy ?? 0)) };
  response.writeHead(partial ? 206 : 200, { ...headers, ...span, ...length, 'accept-ranges': 'bytes' });
  if (request.method === 'HEAD') return response.end();
  if (fault.extra !== undefined) response.write(Buffer.alloc(fault.extra));
  if (fault.stallAfter !== undefined) return void response.write(body.subarray(0, fault.stallAfter));
  if (fault.dropAfter === undefined) return response.end(body);
  return void response.write(body.subarray(0, fault.dropAfter), () => setImmediate(() => response.destroy()));
}

function takeFault(state, where, file) {
  const index = state.faults.findIndex(
    (fault) => (fault.where ?? 'hub') === where && (fault.file === undefined || file.endsWith(fault.file)),
  );
  const fault = state.faults[index];
  if (fault === undefined) return {};
  fault.times = (fault.times ?? 1) - 1;
  if (fault.times <= 0) state.faults.splice(index, 1);
  return fault;
}

function record(state, where, request) {
  const path = decodeURIComponent(new URL(request.url, 'http://hub').pathname);
  const port = request.socket.remotePort;
  state.requests.push({ where, method: request.method, path, headers: request.headers, port });
  return path;
}

function errorCodeFor(state, repo, revision) {
  const known = [...state.files.keys()].some((path) => path.startsWith(`${repo}/`));
  if (!known) return 'RepoNotFound';
  return revision === 'missing' ? 'RevisionNotFound' : 'EntryNotFound';
}

function refuse(response, status, headers = {}) {
  response.writeHead(status, { 'content-length': '0', ...headers });
  response.end();
}

function corrupted(bytes) {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] ^= 0xff;
  return copy;
}

export function listen(handler, tls = null, port = 0, host = '127.0.0.1') {
  const server = tls === null ? createHttpServer(handler) : createHttpsServer(tls, handler);
  return new Promise((resolve) => {
    server.listen(port, host, () => {
      const scheme = tls === null ? 'http' : 'https';
      resolve({
        server,
        url: `${scheme}://127.0.0.1:${server.address().port}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections?.();
          }),
      });
    });
  });
}

function filesBelow(root) {
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else found.push([relative(root, path).split(sep).join('/'), readFileSync(path)]);
    }
  };
  walk(root);
  return found;
}

async function main(argv) {
  const option = (name) => argv[argv.indexOf(name) + 1];
  if (!argv.includes('--root')) {
    process.stderr.write('usage: node tools/hub-server/hub-server.mjs --root DIR [--port N]\n');
    process.exit(2);
  }
  const files = filesBelow(option('--root'));
  const state = { files: new Map(files), token: null, faults: [], requests: [], storeUrl: '' };
  const store = await listen((request, response) => answerStore(state, request, response));
  state.storeUrl = store.url;
  const port = argv.includes('--port') ? Number(option('--port')) : 8080;
  const hub = await listen((request, response) => answerHub(state, request, response), null, port);
  process.stdout.write(`${files.length} files at HF_ENDPOINT=${hub.url}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  void main(process.argv.slice(2));
}

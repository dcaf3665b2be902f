/**
 * A picture that makes the GPU fault, through the real server and its engine host: the caller is told, the host is
 * started anew, and the next picture works. bench/gpu/sticky.mjs builds the engine and draws the pictures.
 *
 *   node out/bench/lost-device.cjs --home DATA_FOLDER --engine ID --model FILE.onnx --good FILE.png --bad FILE.png
 *
 * prints JSON; exit code 1 when a step went otherwise.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { decode, encode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import { AppError } from '../src/shared/app-error';
import { browserProtocol } from '../src/shared/browser-protocol';
import type { StudioClient } from '../src/shared/rpc';
import { createStudioClient } from '../src/shared/rpc';
import { cookieName } from '../src/server/access';
import type { StudioServer } from '../src/server/serve';
import { serve } from '../src/server/serve';
import { runToEnd } from './record';

const { values } = parseArgs({
  options: {
    home: { type: 'string', default: '' },
    engine: { type: 'string', default: '' },
    model: { type: 'string', default: '' },
    good: { type: 'string', default: '' },
    bad: { type: 'string', default: '' },
  },
});
const root = resolve(__dirname, '..', '..');
const work = mkdtempSync(join(tmpdir(), 'bench-lost-device-'));
const patienceMs = 60_000;

interface Step {
  readonly step: string;
  readonly passed: boolean;
  readonly found: unknown;
}
const steps: Step[] = [];

function expectThat(step: string, passed: boolean, found: unknown): void {
  steps.push({ step, passed, found });
  process.stderr.write(`${passed ? 'ok    ' : 'FAILED'} ${step} ${JSON.stringify(found)}\n`);
}

interface Connection {
  readonly client: StudioClient;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** As a page connects, once the host answers. */
async function connect(server: StudioServer): Promise<Connection> {
  await server.supervisor.ready();
  const { origin, host, port, searchParams } = new URL(server.url);
  const cookie = `${cookieName(Number(port))}=${searchParams.get('token') ?? ''}`;
  const socket = new WebSocket(`ws://${host}${browserProtocol.channelPath}`, { headers: { cookie, origin } });
  await new Promise<void>((done, fail) => void socket.once('open', done).once('error', fail));
  const closed = new Promise<{ code: number; reason: string }>((done) =>
    socket.once('close', (code, reason) => done({ code, reason: String(reason) })),
  );
  const client = createStudioClient({
    send: (message) => socket.send(encode(message, { ignoreUndefined: true })),
    onMessage: (listener) => void socket.on('message', (data: Buffer) => listener(decode(data))),
    onClose: (listener) => void socket.on('close', (_code, reason) => listener(String(reason))),
    close: () => socket.close(),
  });
  return { client, closed };
}

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
    return { code: 'none', message: '' };
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'none';
    return { code, message: error instanceof Error ? error.message : String(error) };
  }
}

function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = new Promise<never>((_, fail) => {
    setTimeout(() => fail(new Error(`${what} took more than ${patienceMs / 1000} s`)), patienceMs).unref();
  });
  return Promise.race([promise, late]);
}

interface Pictures {
  readonly sessionId: string;
  readonly good: string;
  readonly bad: string;
}

async function open({ client }: Connection): Promise<Pictures> {
  const { id: modelId } = await client.call('models.add', { path: values.model });
  const { added } = await client.call('pictures.add', { paths: [values.good, values.bad] });
  const [good = '', bad = ''] = added.map(({ id }) => id);
  const session = await client.call('session.open', { modelId, runtime: 'tensorrt', engineId: values.engine });
  expectThat('the engine opens', session.runtime === 'tensorrt', session.device);
  return { sessionId: session.id, good, bad };
}

/** Counts of ids. */
async function segment(client: StudioClient, sessionId: string, pictureId: string): Promise<Record<string, number>> {
  const { mask } = await client.call('session.segment', { sessionId, pictureId, fresh: true });
  const counts: Record<string, number> = {};
  for (const id of mask.data) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

/** One loss, from the picture that causes it to the next that works. Answers with the connection to the new host. */
async function lose(
  server: StudioServer,
  before: Connection,
  { sessionId, good, bad }: Pictures,
  round: string,
): Promise<Connection> {
  const first = await segment(before.client, sessionId, good);
  const pid = server.supervisor.pid;
  const refused = await within(
    failure(before.client.call('session.segment', { sessionId, pictureId: bad, fresh: true })),
    'the answer to the picture that faults',
  );
  expectThat(`${round}: the picture that faults`, refused.code === 'DEVICE_LOST', refused);
  const closed = await within(before.closed, 'the end of the host');
  const { hostRestarting } = browserProtocol.closeCodes;
  expectThat(`${round}: the host ends`, closed.code === hostRestarting && /GPU was lost/.test(closed.reason), closed);

  const after = await within(connect(server), 'the new host');
  const started = server.supervisor.pid;
  expectThat(`${round}: another host`, started !== undefined && started !== pid, { before: pid, after: started });
  const again = await failure(after.client.call('session.segment', { sessionId, pictureId: bad }));
  expectThat(`${round}: the picture is not tried again unasked`, again.code === 'HOST_CRASHED_BEFORE', again);
  const second = await segment(after.client, sessionId, good);
  const same = JSON.stringify(first) === JSON.stringify(second);
  expectThat(`${round}: the session works again under its id`, same, { before: first, after: second });
  return after;
}

async function main(): Promise<void> {
  const paths = [values.model, values.good, values.bad].map((path) => resolve(path));
  const server = await serve({
    port: 0,
    dataDirectory: resolve(values.home),
    resourcesDirectory: join(root, 'resources'),
    pageDirectory: work,
    hostScript: join(root, 'out', 'host', 'host.cjs'),
    grants: paths,
  });
  try {
    let connection = await connect(server);
    const pictures = await open(connection);
    for (const round of ['first', 'second']) connection = await lose(server, connection, pictures, round);
    connection.client.close();
  } catch (error) {
    expectThat('to the end', false, error instanceof Error ? error.stack : error);
  } finally {
    await server.close();
  }
  process.stdout.write(`${JSON.stringify({ passed: steps.every(({ passed }) => passed), steps })}\n`);
  process.exitCode = steps.every(({ passed }) => passed) ? 0 : 1;
}

runToEnd(main, () => rmSync(work, { recursive: true, force: true }));

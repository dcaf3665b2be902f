import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HostState } from '../../shared/desktop-bridge';
import type { StudioClient } from '../../shared/rpc';
import { createStudioClient } from '../../shared/rpc';
import { forkHost } from './fork-host';
import { buildFakeHost } from './testing/build-fake-host';
import { HostSupervisor, describeExit } from './supervisor';

let scratch: string;
let script: string;
const running = new Set<HostSupervisor>();

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'maskforge-host-'));
  script = await buildFakeHost(scratch);
});
afterEach(async () => {
  await Promise.all([...running].map((supervisor) => supervisor.stop()));
  running.clear();
  await rm(join(scratch, 'hold'), { force: true });
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Started {
  readonly supervisor: HostSupervisor;
  readonly states: HostState[];
  /** Resolves with the next state of this kind. */
  next(kind: HostState['state']): Promise<HostState>;
  connect(): Promise<StudioClient>;
}

function start(options: { dataDirectory?: string; now?: () => number } = {}): Started {
  const states: HostState[] = [];
  const waiting: { kind: string; resolve: (state: HostState) => void }[] = [];
  const supervisor = new HostSupervisor({
    launch: () => forkHost(script),
    dataDirectory: options.dataDirectory ?? scratch,
    resourcesDirectory: '/resources',
    unrestricted: false,
    ...(options.now === undefined ? {} : { now: options.now }),
    onState: (state) => {
      states.push(state);
      for (const waiter of waiting.filter(({ kind }) => kind === state.state)) waiter.resolve(state);
    },
  });
  running.add(supervisor);
  supervisor.start();
  return {
    supervisor,
    states,
    next: (kind) => new Promise((resolve) => waiting.push({ kind, resolve })),
    connect: async () => {
      await supervisor.ready();
      return createStudioClient(supervisor.openChannel());
    },
  };
}

const open = { modelId: 'street-b0' };

/** One picture, and one session that is open. */
async function startWithSession(): Promise<{ started: Started; pictureId: string; sessionId: string }> {
  const started = start();
  started.supervisor.grant(['/pictures']);
  const client = await started.connect();
  const { added } = await client.call('pictures.add', { paths: ['/pictures/a.png'] });
  const { id: sessionId } = await client.call('session.open', open);
  return { started, pictureId: added[0]?.id ?? '', sessionId };
}

async function crash({ supervisor, next }: Started): Promise<void> {
  await supervisor.ready();
  const ended = Promise.race([next('restarting'), next('asking')]);
  process.kill(supervisor.pid ?? 0, 'SIGKILL');
  await ended;
}

describe('HostSupervisor', () => {
  it('carries calls and large answers to a host process and back', async () => {
    const started = start();
    started.supervisor.grant(['/pictures']);
    const client = await started.connect();
    const { added } = await client.call('pictures.add', { paths: ['/pictures/four.png'] });
    const { bytes } = await client.call('pictures.read', { pictureId: added[0]?.id ?? '' });
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect([bytes.length, bytes[0], bytes.at(-1)]).toEqual([3_000_000, 8, 8]);
  });

  it('grants nothing that the user has not opened', async () => {
    const started = start();
    started.supervisor.grant(['/pictures']);
    const client = await started.connect();
    const refused = client.call('pictures.add', { paths: ['/etc/passwd'] });
    await expect(refused).rejects.toMatchObject({ code: 'FILE_NOT_GRANTED' });
  });

  it('rejects what was in work with the reason, and goes on in a new host with the old ids', async () => {
    const started = start();
    started.supervisor.grant(['/pictures']);
    const before = await started.connect();
    const paths = ['/pictures/a.png', '/pictures/hang.png'];
    const [a, hang] = (await before.call('pictures.add', { paths })).added.map(({ id }) => id);
    const session = await before.call('session.open', open);
    const firstPid = started.supervisor.pid;
    const hanging = before.call('session.segment', { sessionId: session.id, pictureId: hang ?? '' });
    const rejected = expect(hanging).rejects.toMatchObject({
      code: 'HOST_GONE',
      message: expect.stringContaining('SIGKILL'),
    });
    // Answered after the call above was received, so that it is in work when the host goes.
    await before.call('pictures.read', { pictureId: a ?? '' });
    await crash(started);
    await rejected;

    const after = await started.connect();
    expect(started.supervisor.pid).not.toBe(firstPid);
    const result = await after.call('session.segment', { sessionId: session.id, pictureId: a ?? '' });
    expect(result).toMatchObject({ sessionId: session.id, pictureId: a, picture: { id: a } });
    const again = (await after.call('pictures.add', { paths: ['/pictures/a.png'] })).added[0];
    expect(again?.name).toBe('a.png');
  });

  it('opens a session again that two have opened and one has closed', async () => {
    const { started, pictureId, sessionId } = await startWithSession();
    const client = await started.connect();
    expect((await client.call('session.open', open)).id).toBe(sessionId);
    await client.call('session.close', { sessionId });
    await crash(started);
    const after = await started.connect();
    expect(await after.call('session.segment', { sessionId, pictureId })).toMatchObject({ sessionId, pictureId });
    await after.call('session.close', { sessionId });
    await crash(started);
    const closed = (await started.connect()).call('session.segment', { sessionId, pictureId });
    await expect(closed).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' });
  });

  it('opens a session again that the host before was still opening when it crashed', async () => {
    const { started, pictureId, sessionId } = await startWithSession();
    await writeFile(join(scratch, 'hold'), '');
    await crash(started);
    // Answered once the pictures are back, which the session is not.
    await (await started.connect()).call('pictures.read', { pictureId });
    await crash(started);
    await rm(join(scratch, 'hold'));
    const after = await started.connect();
    expect(await after.call('session.segment', { sessionId, pictureId })).toMatchObject({ sessionId, pictureId });
  });

  it('starts without a session whose opening the last host did not survive, when told to start again', async () => {
    const { started, pictureId, sessionId } = await startWithSession();
    await writeFile(join(scratch, 'hold'), '');
    for (let count = 1; count <= 3; count += 1) await crash(started);
    expect(started.supervisor.state.state).toBe('asking');
    started.supervisor.restart();
    const unknown = (await started.connect()).call('session.segment', { sessionId, pictureId });
    await expect(unknown).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' });
  });

  it('does not retry the picture that was in work, unless it is asked for again', async () => {
    const started = start();
    started.supervisor.grant(['/pictures']);
    const before = await started.connect();
    const [bad] = (await before.call('pictures.add', { paths: ['/pictures/crash.png'] })).added.map(({ id }) => id);
    const { id: sessionId } = await before.call('session.open', open);
    const segment = { sessionId, pictureId: bad ?? '' };
    const restarting = started.next('restarting');
    await expect(before.call('session.segment', segment)).rejects.toMatchObject({ code: 'HOST_GONE' });
    expect(await restarting).toMatchObject({ reason: expect.stringContaining('SIGSEGV') });

    const after = await started.connect();
    const refused = after.call('session.segment', segment);
    await expect(refused).rejects.toMatchObject({ code: 'HOST_CRASHED_BEFORE', details: { file: 'crash.png' } });
    const secondCrash = started.next('restarting');
    await expect(after.call('session.segment', { ...segment, fresh: true })).rejects.toMatchObject({
      code: 'HOST_GONE',
    });
    await secondCrash;
  });

  it('answers what a lost device failed, then goes on in a new host, without that picture', async () => {
    const started = start();
    started.supervisor.grant(['/pictures']);
    const before = await started.connect();
    const paths = ['/pictures/lose.png', '/pictures/hang.png', '/pictures/a.png'];
    const [lose = '', hang = '', a = ''] = (await before.call('pictures.add', { paths })).added.map(({ id }) => id);
    const { id: sessionId } = await before.call('session.open', open);
    const restarting = started.next('restarting');
    const hanging = expect(before.call('session.segment', { sessionId, pictureId: hang })).rejects.toMatchObject({
      code: 'HOST_GONE',
      message: expect.stringContaining('The GPU was lost'),
    });
    const losing = before.call('session.segment', { sessionId, pictureId: lose });
    await expect(losing).rejects.toMatchObject({ code: 'DEVICE_LOST' });
    expect(await restarting).toMatchObject({ reason: expect.stringContaining('The GPU was lost') });
    await hanging;

    const after = await started.connect();
    const again = after.call('session.segment', { sessionId, pictureId: lose });
    await expect(again).rejects.toMatchObject({ code: 'HOST_CRASHED_BEFORE', details: { file: 'lose.png' } });
    expect(await after.call('session.segment', { sessionId, pictureId: a })).toMatchObject({ sessionId, pictureId: a });
  });

  it('takes a crash on the way out for part of the loss of the device', async () => {
    const started = start();
    started.supervisor.grant(['/pictures']);
    const before = await started.connect();
    const { added } = await before.call('pictures.add', { paths: ['/pictures/lose-and-crash.png'] });
    const { id: sessionId } = await before.call('session.open', open);
    const restarting = started.next('restarting');
    const losing = before.call('session.segment', { sessionId, pictureId: added[0]?.id ?? '' });
    await expect(losing).rejects.toMatchObject({ code: 'DEVICE_LOST' });
    expect(await restarting).toMatchObject({ reason: expect.stringContaining('The GPU was lost') });
    await started.supervisor.ready();
  });

  it('asks at the third crash within five minutes, and starts again when told to', async () => {
    const started = start({ now: () => 1_000 });
    await crash(started);
    await crash(started);
    await crash(started);
    expect(started.supervisor.state).toMatchObject({ state: 'asking', reason: expect.stringContaining('SIGKILL') });
    await expect(started.supervisor.ready()).rejects.toMatchObject({ code: 'HOST_GONE' });
    started.supervisor.restart();
    await started.supervisor.ready();
    expect(started.supervisor.state.state).toBe('running');
  });

  it('forgets crashes that are older than five minutes', async () => {
    let clock = 0;
    const started = start({ now: () => clock });
    for (const minutes of [0, 4, 6, 10]) {
      clock = minutes * 60_000;
      await crash(started);
    }
    await started.supervisor.ready();
    expect(started.states.map(({ state }) => state)).not.toContain('asking');
  });

  it('says why a studio could not be made, without trying again', async () => {
    const started = start({ dataDirectory: '/unusable' });
    await expect(started.supervisor.ready()).rejects.toMatchObject({ code: 'HOST_GONE' });
    expect(started.supervisor.state).toEqual({
      state: 'stopped',
      reason: '/unusable cannot be written. Name another folder.',
    });
    expect(started.states.map(({ state }) => state)).toEqual(['starting', 'stopped']);
  });

  it('takes an end that was asked for as no crash', async () => {
    const started = start();
    await started.supervisor.ready();
    await started.supervisor.stop();
    expect(started.states.map(({ state }) => state)).toEqual(['starting', 'running', 'stopped']);
  });
});

describe('describeExit', () => {
  it.each([
    [{ code: null, signal: 'SIGKILL' }, /by force \(SIGKILL\)/],
    [{ code: 139, signal: null }, /memory fault in native code \(SIGSEGV\)/],
    [{ code: 9, signal: null }, /SIGKILL/],
    [{ code: null, signal: 'SIGUSR1' }, /received SIGUSR1/],
    [{ code: 3, signal: null }, /exit code 3/],
    [{ code: 75, signal: null }, /GPU was lost/],
    [{ code: 0, signal: null }, /exit code 0/],
    [{ code: null, signal: null }, /does not say why/],
  ])('%j', (exit, sentence) => {
    expect(describeExit(exit)).toMatch(sentence);
  });
});

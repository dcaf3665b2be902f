import { describe, expect, it } from 'vitest';
import { AppError } from './app-error';
import type { StudioHandlers } from './contract';
import type { Channel } from './rpc';
import { createStudioClient, serveStudio } from './rpc';

/** Two ends of one pipe; what is sent is cloned, as every real channel does. */
function pipe(): { left: Channel; right: Channel } {
  type End = { messages: ((m: unknown) => void)[]; closes: ((reason: string) => void)[] };
  const ends: [End, End] = [
    { messages: [], closes: [] },
    { messages: [], closes: [] },
  ];
  const channel = (mine: End, theirs: End): Channel => ({
    send: (message) => {
      const copy = structuredClone(message);
      queueMicrotask(() => theirs.messages.forEach((listener) => listener(copy)));
    },
    onMessage: (listener) => void mine.messages.push(listener),
    onClose: (listener) => void mine.closes.push(listener),
    close: () => [...theirs.closes, ...mine.closes].forEach((listener) => listener('The engine host stopped.')),
  });
  return { left: channel(ends[0], ends[1]), right: channel(ends[1], ends[0]) };
}

function studio(overrides: Partial<StudioHandlers>): StudioHandlers {
  return new Proxy(overrides, {
    get: (target, name) =>
      Reflect.get(target, name) ?? (() => Promise.reject(new Error(`not in this test: ${String(name)}`))),
  }) as StudioHandlers;
}

describe('rpc', () => {
  it('carries a call, its defaults and its result', async () => {
    const { left, right } = pipe();
    serveStudio(
      right,
      studio({
        'session.open': async (args) => ({
          id: 's1',
          modelId: args.modelId,
          modelName: 'm',
          runtime: args.runtime,
          runtimeVersion: '1',
          device: 'CPU',
          precision: 'FP32',
          threads: args.threads,
          fallback: null,
          openedIn: 1,
        }),
      }),
    );
    const info = await createStudioClient(left).call('session.open', { modelId: 'x' });
    expect(info).toMatchObject({ modelId: 'x', runtime: 'onnxruntime', threads: 0 });
  });

  it('refuses arguments and results that break the contract', async () => {
    const { left, right } = pipe();
    serveStudio(right, studio({ 'pictures.open': async () => ({ id: 'p', width: 0 }) as never }));
    const client = createStudioClient(left);
    await expect(client.call('pictures.add', { paths: [] })).rejects.toMatchObject({ code: 'CALL_INVALID' });
    await expect(client.call('pictures.open', { pictureId: 'p' })).rejects.toThrow(/breaks the contract/);
  });

  it('keeps code, hint and details of an AppError, and the stack of a bug', async () => {
    const { left, right } = pipe();
    serveStudio(
      right,
      studio({
        'models.add': async () => {
          throw new AppError('ONNX_TRUNCATED', 'a.onnx ends early.', {
            hint: 'Fetch it again.',
            details: { file: 'a.onnx' },
          });
        },
        'models.list': async () => {
          throw new TypeError('oops');
        },
      }),
    );
    const client = createStudioClient(left);
    await expect(client.call('models.add', { path: 'a' })).rejects.toMatchObject({
      code: 'ONNX_TRUNCATED',
      hint: 'Fetch it again.',
      details: { file: 'a.onnx' },
    });
    await expect(client.call('models.list', {})).rejects.toMatchObject({
      message: 'oops',
      stack: expect.stringContaining('rpc.test'),
    });
  });

  it('aborts the work of a cancelled call and rejects the caller at once', async () => {
    const { left, right } = pipe();
    const aborted = new Promise<void>((resolve) => {
      serveStudio(
        right,
        studio({
          'app.doctor': (_args, { signal }) =>
            new Promise(() => signal.addEventListener('abort', () => resolve(), { once: true })),
        }),
      );
    });
    const controller = new AbortController();
    const call = createStudioClient(left).call('app.doctor', {}, { signal: controller.signal });
    setTimeout(() => controller.abort(), 1);
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
    await aborted;
  });

  it('rejects what is pending, and what comes later, when the other side goes', async () => {
    const { left, right } = pipe();
    serveStudio(right, studio({ 'app.doctor': () => new Promise(() => undefined) }));
    const client = createStudioClient(left);
    const pending = client.call('app.doctor', {});
    right.close();
    await expect(pending).rejects.toMatchObject({ code: 'HOST_GONE', message: 'The engine host stopped.' });
    await expect(client.call('models.list', {})).rejects.toMatchObject({ code: 'HOST_GONE' });
  });

  it('tells of a caller that goes long after its call was answered', async () => {
    const { left, right } = pipe();
    let gone: AbortSignal | undefined;
    serveStudio(right, studio({ 'app.doctor': async (_args, context) => ((gone = context.gone), []) }));
    await createStudioClient(left).call('app.doctor', {});
    expect(gone?.aborted).toBe(false);
    left.close();
    expect(gone?.aborted).toBe(true);
  });
});

import { expect, it } from 'vitest';
import { TaskLimit } from './task-limit';

it('lets one that is cancelled while it waits leave at once, and the next one in', async () => {
  const limit = new TaskLimit(1);
  const order: string[] = [];
  let finish = (): void => undefined;
  const first = limit.run(() => new Promise<void>((resolve) => (finish = resolve)));
  const controller = new AbortController();
  const second = limit.run(async () => void order.push('second'), controller.signal);
  const third = limit.run(async () => void order.push('third'));
  controller.abort();
  // The first is still at work.
  await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
  finish();
  await Promise.all([first, third]);
  expect(order).toEqual(['third']);
  await limit.run(async () => void order.push('fourth'));
  expect(order).toEqual(['third', 'fourth']);
});

import { copyHere, type CopyAnswer, type CopyOrder } from './plane-copier';

type Answered = Exclude<CopyAnswer, 'ready'>;

self.addEventListener('message', ({ data: order }: MessageEvent<CopyOrder>) => {
  const { id, frame } = order;
  copyHere(order)
    .then(
      (data): Answered => ({ id, data }),
      (error: unknown): Answered => ({ id, error: error instanceof Error ? error.message : String(error) }),
    )
    .then((answer) => self.postMessage(answer, { transfer: 'data' in answer ? [answer.data.buffer] : [] }))
    .finally(() => frame.close());
});

self.postMessage('ready' satisfies CopyAnswer);

import { copyHere, type CopyAnswer, type CopyOrder } from './plane-copier';

self.addEventListener('message', ({ data: order }: MessageEvent<CopyOrder>) => {
  const { id, frame } = order;
  copyHere(order)
    .then(
      (data): CopyAnswer => ({ id, data }),
      (error: unknown): CopyAnswer => ({ id, error: error instanceof Error ? error.message : String(error) }),
    )
    .then((answer) => self.postMessage(answer, { transfer: 'data' in answer ? [answer.data.buffer] : [] }))
    .finally(() => frame.close());
});

import type { Channel } from '../../../shared/rpc';
import type { FromSocket, ToSocket } from './socket-messages';

export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
}

export interface SocketOwner {
  opened(channel: Channel): void;
  /** Once, whether it was ever open or not. */
  closed(end: SocketEnd): void;
}

/** Opens a WebSocket, in a worker of its own: one MessagePack message for each binary frame. */
export function openWebSocket(address: string, owner: SocketOwner, describeClose: (end: SocketEnd) => string): void {
  const worker = new Worker(new URL('./socket-worker.ts', import.meta.url), { type: 'module' });
  const tell = (message: ToSocket): void => worker.postMessage(message);
  let messageListener: (message: unknown) => void = () => undefined;
  const closeListeners: ((reason: string) => void)[] = [];
  const channel: Channel = {
    send: (message) => tell({ t: 'send', message }),
    onMessage: (listener) => {
      messageListener = listener;
    },
    onClose: (listener) => void closeListeners.push(listener),
    close: () => tell({ t: 'close' }),
  };
  const closed = (end: SocketEnd): void => {
    worker.terminate();
    for (const listener of closeListeners.splice(0)) listener(describeClose(end));
    owner.closed(end);
  };
  worker.addEventListener('message', ({ data }: MessageEvent<FromSocket>) => {
    if (data.t === 'opened') owner.opened(channel);
    else if (data.t === 'message') messageListener(data.message);
    else closed(data);
  });
  // The worker itself could not be loaded, as when the server has just gone: the same as no connection.
  worker.addEventListener('error', () => closed({ code: 1006, reason: '' }), { once: true });
  tell({ t: 'open', address });
}

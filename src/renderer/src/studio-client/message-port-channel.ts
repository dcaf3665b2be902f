import type { Channel } from '../../../shared/rpc';

export interface ClosableChannel extends Channel {
  /** A MessagePort does not say that the other side died; whoever knows it says so here. */
  closeBecause(reason: string): void;
}

export function channelOverPort(port: MessagePort): ClosableChannel {
  const closeListeners = new Set<(reason: string) => void>();
  let open = true;
  const closeBecause = (reason: string): void => {
    if (!open) return;
    open = false;
    port.close();
    for (const listener of closeListeners) listener(reason);
  };
  return {
    send: (message) => {
      if (open) port.postMessage(message);
    },
    onMessage: (listener) => {
      port.onmessage = (event: MessageEvent<unknown>) => listener(event.data);
    },
    onClose: (listener) => void closeListeners.add(listener),
    close: () => closeBecause('The window closed the connection.'),
    closeBecause,
  };
}

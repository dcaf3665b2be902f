import type { Channel } from '../../shared/rpc';
import type { ParentLink } from './host-server';

/** What this process needs of Electron's message ports; declared here because `studio` knows no Electron. */
interface PortLike {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown; ports?: PortLike[] }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start?(): void;
  close?(): void;
}

/** The line to the parent: Electron's port in a utility process, Node's message channel in a forked one. */
export function parentLink(): ParentLink {
  const { parentPort } = process as unknown as { parentPort?: PortLike };
  return parentPort === undefined ? forkedLink() : portLink(parentPort);
}

function portLink(parent: PortLike): ParentLink {
  return {
    send: (message) => parent.postMessage(message),
    onMessage: (listener) =>
      void parent.on('message', ({ data, ports }) => {
        const port = ports?.[0];
        listener(data, port === undefined ? undefined : portChannel(port));
      }),
    exit: (code) => process.exit(code),
  };
}

function portChannel(port: PortLike): Channel {
  port.start?.();
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => void port.on('message', ({ data }) => listener(data)),
    onClose: (listener) => void port.on('close', () => listener('The window was closed.')),
    close: () => port.close?.(),
  };
}

function forkedLink(): ParentLink {
  // A parent that died must not leave its host behind.
  process.on('disconnect', () => process.exit(0));
  return {
    send: (message) => {
      if (process.connected) process.send?.(message);
    },
    onMessage: (listener) => void process.on('message', (message: unknown) => listener(message, undefined)),
    exit: (code) => process.exit(code),
  };
}

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

/**
 * Messages are handed on in a turn of their own: while Electron 22 delivers one, no microtask runs before Node looks for
 * unhandled rejections, so that a promise rejected at once would end the process although its handler is on the way.
 */
function portLink(parent: PortLike): ParentLink {
  return {
    send: (message) => parent.postMessage(message),
    onMessage: (listener) =>
      void parent.on('message', ({ data, ports }) => {
        const port = ports?.[0];
        const channel = port === undefined ? undefined : portChannel(port);
        setImmediate(() => listener(data, channel));
      }),
    exit: (code) => process.exit(code),
  };
}

function portChannel(port: PortLike): Channel {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', ({ data }) => setImmediate(() => listener(data)));
      // Until then the port keeps what has come in.
      port.start?.();
    },
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

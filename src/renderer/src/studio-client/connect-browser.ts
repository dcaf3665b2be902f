import { browserProtocol } from '../../../shared/browser-protocol';
import { hostEnds } from '../../../shared/host-end';
import { createStudioClient } from '../../../shared/rpc';
import type { ConnectionOwner } from './connection-owner';
import type { SocketEnd } from './web-socket-channel';
import { openWebSocket } from './web-socket-channel';

const { closeCodes } = browserProtocol;
const retryDelays = [200, 400, 800, 1600, 3200, 5000];

/** One WebSocket; when it closes, another one after a growing pause, until the server says that it ends. */
export function connectBrowser(owner: ConnectionOwner): void {
  let attempt = 0;
  let opened = false;

  const open = (): void => {
    const address = new URL(browserProtocol.channelPath, window.location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    openWebSocket(
      address.href,
      {
        opened: (channel) => {
          attempt = 0;
          opened = true;
          owner.connected(createStudioClient(channel));
        },
        closed: (end) => {
          const status = statusOf(end.code);
          if (opened || status === 'asking') owner.lost(status, reasonOf(end));
          if (status === 'asking') return;
          const delay = retryDelays[Math.min(attempt, retryDelays.length - 1)];
          attempt += 1;
          window.setTimeout(open, delay);
        },
      },
      reasonOf,
    );
  };

  owner.onRestart(async () => {
    await fetch(browserProtocol.restartHostPath, { method: 'POST' });
    open();
  });
  open();
}

function statusOf(code: number): 'restarting' | 'asking' | 'stopped' {
  if (code === closeCodes.hostRestarting) return 'restarting';
  if (code === closeCodes.hostAsking) return 'asking';
  return 'stopped';
}

function reasonOf({ reason }: SocketEnd): string {
  return reason === '' ? hostEnds.disconnected : reason;
}

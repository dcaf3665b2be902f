import type { DesktopBridge } from '../../../shared/desktop-bridge';
import { createStudioClient } from '../../../shared/rpc';
import type { ConnectionOwner } from './connection-owner';
import type { ClosableChannel } from './message-port-channel';
import { channelOverPort } from './message-port-channel';

/**
 * The preload posts a port after `connect()` and after every restart of the engine host; the state of the host says
 * when the port at hand is dead.
 */
export function connectDesktop(bridge: DesktopBridge, owner: ConnectionOwner): void {
  let channel: ClosableChannel | null = null;

  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const port = event.ports[0];
    if (event.source !== window || port === undefined || !isPortMessage(event.data)) return;
    channel?.closeBecause('The connection was replaced.');
    channel = channelOverPort(port);
    owner.connected(createStudioClient(channel));
  });

  bridge.onHostState((state) => {
    if (!('reason' in state)) return;
    channel?.closeBecause(state.reason);
    channel = null;
    owner.lost(state.state, state.reason);
  });

  owner.onRestart(() => bridge.restartHost());
  bridge.connect();
}

function isPortMessage(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === 'maskforge-port';
}

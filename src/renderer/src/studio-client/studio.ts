import type { EventName, EventPayload } from '../../../shared/contract';
import { AppError } from '../../../shared/app-error';
import type { StudioClient } from '../../../shared/rpc';
import { connectionStore } from '../state/connection-store';
import { connectBrowser } from './connect-browser';
import { connectDesktop } from './connect-desktop';
import type { ConnectionOwner } from './connection-owner';

interface Subscription {
  attach(client: StudioClient): void;
}

const subscriptions = new Set<Subscription>();
const waiting = new Set<(client: StudioClient) => void>();
let current: StudioClient | null = null;
let restart: () => Promise<void> = () => Promise.resolve();

/**
 * The studio as every view sees it: calls wait while there is no connection and go to the one at hand otherwise;
 * subscriptions outlive reconnections. A call that was under way when the engine host went is rejected with HOST_GONE.
 */
export const studio: Omit<StudioClient, 'close'> = {
  call: async (name, args, options = {}) => {
    const client = current ?? (await nextClient(options.signal));
    return client.call(name, args, options);
  },
  on: (name, listener) => subscribe(name, listener),
};

function subscribe<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void {
  let detach: () => void = () => undefined;
  const subscription: Subscription = {
    attach: (client) => {
      detach = client.on(name, listener);
    },
  };
  subscriptions.add(subscription);
  if (current !== null) subscription.attach(current);
  return () => {
    subscriptions.delete(subscription);
    detach();
  };
}

function nextClient(signal: AbortSignal | undefined): Promise<StudioClient> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(new AppError('CANCELLED', 'The work was cancelled.'));
    waiting.add(resolve);
    signal?.addEventListener(
      'abort',
      () => {
        waiting.delete(resolve);
        reject(new AppError('CANCELLED', 'The work was cancelled.'));
      },
      { once: true },
    );
  });
}

const owner: ConnectionOwner = {
  connected: (client) => {
    current = client;
    for (const subscription of subscriptions) subscription.attach(client);
    connectionStore.setState((state) => ({ status: 'connected', reason: '', generation: state.generation + 1 }));
    const resolvers = [...waiting];
    waiting.clear();
    for (const resolve of resolvers) resolve(client);
  },
  lost: (status, reason) => {
    current = null;
    connectionStore.setState({ status, reason });
  },
  onRestart: (how) => {
    restart = how;
  },
};

export function connectStudio(): void {
  if (window.desktop === undefined) connectBrowser(owner);
  else connectDesktop(window.desktop, owner);
}

/** The user's answer when the engine host has crashed too often. */
export async function restartHost(): Promise<void> {
  connectionStore.setState({ status: 'restarting' });
  await restart();
}

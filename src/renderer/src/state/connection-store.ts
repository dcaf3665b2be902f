import { createStore, useStore } from 'zustand';

/** `asking`: the engine host crashed too often and waits for the user. `stopped`: it ended, or cannot be reached. */
export type ConnectionStatus = 'connecting' | 'connected' | 'restarting' | 'asking' | 'stopped';

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Why there is no connection: a sentence for the user. */
  readonly reason: string;
  /** Counts connections: 1 is the first, everything above is a reconnection. */
  readonly generation: number;
}

export const connectionStore = createStore<ConnectionState>(() => ({
  status: 'connecting',
  reason: '',
  generation: 0,
}));

export function useConnection<T>(select: (state: ConnectionState) => T): T {
  return useStore(connectionStore, select);
}

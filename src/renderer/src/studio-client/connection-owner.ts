import type { StudioClient } from '../../../shared/rpc';

/** What a connector reports to; implemented by {@link file://./studio.ts}. */
export interface ConnectionOwner {
  connected(client: StudioClient): void;
  lost(status: 'restarting' | 'asking' | 'stopped', reason: string): void;
  /** How to start the engine host again after it asked. */
  onRestart(restart: () => Promise<void>): void;
}

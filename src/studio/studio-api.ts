import type { EmitEvent, StudioHandlers } from '../shared/contract';
import type { FileAccess } from './file-access';

export interface StudioOptions {
  /** Settings, the model library's index, downloads, uploads. Made when missing. */
  readonly dataDirectory: string;
  /** The `resources` folder that ships with the studio (read only). */
  readonly resourcesDirectory: string;
  readonly access: FileAccess;
  readonly emit: EmitEvent;
  /** What the hub, its token and proxies are read from; the process's own environment when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The GPU's memory was violated or the like: from now on nothing runs on it in this process. May be told twice. */
  readonly onDeviceLost?: () => void;
}

/** What every shell drives; made by `createStudio(options)` in `studio.ts`. */
export interface Studio {
  readonly handlers: StudioHandlers;
  /** Stops jobs, closes sessions, writes what is pending. */
  close(): Promise<void>;
}

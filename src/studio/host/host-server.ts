import { toErrorReport } from '../../shared/app-error';
import type { StudioHandlers } from '../../shared/contract';
import type { Channel, ServedStudio } from '../../shared/rpc';
import { serveStudio } from '../../shared/rpc';
import { GrantedAccess, unrestrictedAccess } from '../file-access';
import type { Studio, StudioOptions } from '../studio-api';
import type { FromHost, ToHost } from './protocol';
import { deviceLostExitCode, toHostSchema } from './protocol';
import { recoverable } from './recovery';

/** The host's end of the line to the program that started it. */
export interface ParentLink {
  send(message: FromHost): void;
  /** `port` comes with an `open` on the desktop: the client's own channel. */
  onMessage(listener: (message: unknown, port: Channel | undefined) => void): void;
  /** Ends this process. */
  exit(code: number): void;
}

export type CreateStudio = (options: StudioOptions) => Studio | Promise<Studio>;

interface RelayedClient {
  deliver(message: unknown): void;
  closed(reason: string): void;
}

/** How long a message takes at most to leave the process. */
const flushMs = 100;
/** What a lost device leaves to answer is refused at once; what runs on the processor may end, but not go on for long. */
const lastAnswersMs = 2_000;

/** Serves the studio to the program at the other end of `link`. */
export function serveHost(link: ParentLink, createStudio: CreateStudio): void {
  let host: RunningHost | undefined;
  link.onMessage((message, port) => {
    const parsed = toHostSchema.safeParse(message);
    if (!parsed.success) return;
    const said = parsed.data;
    if (said.t === 'start') {
      host ??= new RunningHost(link, createStudio, said);
      return;
    }
    if (said.t === 'stop' && host === undefined) return link.exit(0);
    host?.receive(said, port);
  });
}

class RunningHost {
  readonly #link: ParentLink;
  readonly #access = new GrantedAccess();
  readonly #relayed = new Map<number, RelayedClient>();
  readonly #served = new Set<ServedStudio>();
  #studio: Studio | undefined;
  #handlers: StudioHandlers | undefined;
  #ending = false;

  constructor(link: ParentLink, createStudio: CreateStudio, start: Extract<ToHost, { t: 'start' }>) {
    this.#link = link;
    this.#access.grant(start.resourcesDirectory);
    for (const path of start.grants) this.#access.grant(path);
    void this.#start(createStudio, start).catch((error: unknown) => {
      link.send({ t: 'failed', error: toErrorReport(error) });
      // Lets the message out before the process ends.
      setTimeout(() => link.exit(1), flushMs);
    });
  }

  async #start(createStudio: CreateStudio, start: Extract<ToHost, { t: 'start' }>): Promise<void> {
    this.#studio = await createStudio({
      dataDirectory: start.dataDirectory,
      resourcesDirectory: start.resourcesDirectory,
      access: start.unrestricted ? unrestrictedAccess : this.#access,
      emit: (name, payload) => {
        for (const client of this.#served) client.emit(name, payload);
      },
      onDeviceLost: () => this.#end(),
    });
    this.#handlers = recoverable(this.#studio.handlers, {
      workspace: start.workspace,
      suspects: start.suspects,
      onWorkspace: (workspace) => this.#link.send({ t: 'workspace', workspace }),
      onWorking: (pictureIds) => this.#link.send({ t: 'working', pictureIds }),
    });
    this.#link.send({ t: 'ready' });
  }

  receive(said: Exclude<ToHost, { t: 'start' }>, port: Channel | undefined): void {
    switch (said.t) {
      case 'grant':
        for (const path of said.paths) this.#access.grant(path);
        break;
      case 'open':
        this.#serve(port ?? this.#relay(said.client));
        break;
      case 'data':
        this.#relayed.get(said.client)?.deliver(said.message);
        break;
      case 'close':
        this.#relayed.get(said.client)?.closed('The connection was closed.');
        break;
      case 'stop':
        void this.#stop();
        break;
      default:
        said satisfies never;
    }
  }

  #serve(channel: Channel): void {
    if (this.#handlers === undefined) return channel.close();
    const served = serveStudio(channel, this.#handlers);
    this.#served.add(served);
    channel.onClose(() => void this.#served.delete(served));
  }

  /** A channel for a client whose messages come over the parent's line. */
  #relay(client: number): Channel {
    let deliver: (message: unknown) => void = () => undefined;
    const closers = new Set<(reason: string) => void>();
    const closed = (reason: string): void => {
      this.#relayed.delete(client);
      for (const listener of closers) listener(reason);
    };
    this.#relayed.set(client, { deliver: (message) => deliver(message), closed });
    return {
      send: (message) => this.#link.send({ t: 'data', client, message }),
      onMessage: (listener) => void (deliver = listener),
      onClose: (listener) => void closers.add(listener),
      close: () => closed('The connection was closed.'),
    };
  }

  /** The device can be opened anew by another process only: answers what can be answered, and makes way for it. */
  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#link.send({ t: 'lost' });
    const latest = Date.now() + lastAnswersMs;
    const look = (): void => {
      const isBusy = [...this.#served].some((client) => client.running() > 0);
      if (isBusy && Date.now() < latest) setTimeout(look, flushMs / 4);
      else setTimeout(() => this.#link.exit(deviceLostExitCode), flushMs);
    };
    // In a later turn: the failure that told of it has not been answered yet.
    setImmediate(look);
  }

  async #stop(): Promise<void> {
    try {
      await this.#studio?.close();
    } finally {
      this.#link.exit(0);
    }
  }
}

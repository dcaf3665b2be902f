import type { HostState } from '../../shared/desktop-bridge';
import type { HostEnd } from '../../shared/host-end';
import { endedWithCode, hostEnds } from '../../shared/host-end';
import type { Channel } from '../../shared/rpc';
import { AppError } from '../../shared/app-error';
import type { ToHost, Workspace } from './protocol';
import { deviceLostExitCode, fromHostSchema } from './protocol';

/** A started host process, whatever started it. */
export interface HostProcess {
  readonly pid: number | undefined;
  /** `port` is handed over to the host; only Electron's processes can. */
  send(message: ToHost, port?: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when the process could not be started. */
  onExit(listener: (exit: HostExit) => void): void;
  kill(): void;
}

export interface HostExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface SupervisorOptions {
  launch(): HostProcess;
  readonly dataDirectory: string;
  readonly resourcesDirectory: string;
  readonly unrestricted: boolean;
  onState?(state: HostState): void;
  /** Milliseconds; a test brings its own clock. */
  now?(): number;
}

const crashWindowMs = 5 * 60_000;
const crashLimit = 3;
/** A host that was asked to stop, or said that it would, and does not is ended. */
const stopTimeoutMs = 5_000;

interface ClientEntry {
  readonly deliver: (message: unknown) => void;
  readonly closed: (reason: string) => void;
}

/**
 * Starts the engine host, watches it, and starts it again after a crash: with the same grants, pictures and engine, but
 * without retrying the pictures that were in work. The third crash within five minutes asks first.
 */
export class HostSupervisor {
  readonly #options: SupervisorOptions;
  readonly #now: () => number;
  readonly #grants = new Set<string>();
  readonly #clients = new Map<number, ClientEntry>();
  readonly #waiting = new Set<{ resolve: () => void; reject: (error: Error) => void }>();
  #host: HostProcess | null = null;
  #state: HostState = { state: 'stopped', reason: 'The engine host was not started yet.' };
  #nextClient = 1;
  #crashes: number[] = [];
  #workspace: Workspace = { pictures: [], session: null };
  #working: string[] = [];
  #suspects: string[] = [];
  #failure: string | null = null;
  /** Set while a host that has lost its device is ending: libraries may hang on the way out, or crash. */
  #losing: NodeJS.Timeout | null = null;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
  }

  get state(): HostState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#host?.pid;
  }

  start(): void {
    if (this.#host !== null) return;
    this.#stopping = false;
    this.#setState({ state: 'starting' });
    this.#launch();
  }

  /** The user's answer when the host has crashed too often, or could not start. */
  restart(): void {
    this.#crashes = [];
    // The last host died while it opened this one again: the next would as well, and nobody could choose another.
    if (this.#workspace.session?.reopening === true) this.#workspace = { ...this.#workspace, session: null };
    this.start();
  }

  /** Resolves when the host answers calls; rejects with HOST_GONE when it will not without the user. */
  ready(): Promise<void> {
    const { state } = this.#state;
    if (state === 'running') return Promise.resolve();
    if (state === 'asking' || state === 'stopped') return Promise.reject(hostGone(this.#state.reason));
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }));
  }

  /** Lets the host read a file, or a folder with all that lies in it; remembered for the next host. */
  grant(paths: readonly string[]): void {
    for (const path of paths) this.#grants.add(path);
    this.#host?.send({ t: 'grant', paths: [...paths] });
  }

  /** Hands a port to the host, which serves the contract on it. Only while running. */
  attachPort(port: unknown): void {
    this.#requireHost().send({ t: 'open', client: this.#nextClient++ }, port);
  }

  /** A channel that speaks the contract with the host. Only while running; closes with the reason when the host ends. */
  openChannel(): Channel {
    const host = this.#requireHost();
    const client = this.#nextClient++;
    let deliver: (message: unknown) => void = () => undefined;
    const closers = new Set<(reason: string) => void>();
    const closed = (reason: string): void => {
      if (!this.#clients.delete(client)) return;
      for (const listener of closers) listener(reason);
    };
    this.#clients.set(client, { deliver: (message) => deliver(message), closed });
    host.send({ t: 'open', client });
    return {
      send: (message) => {
        if (this.#clients.has(client)) host.send({ t: 'data', client, message });
      },
      onMessage: (listener) => void (deliver = listener),
      onClose: (listener) => void closers.add(listener),
      close: () => {
        if (this.#clients.has(client)) host.send({ t: 'close', client });
        closed('The connection was closed.');
      },
    };
  }

  /** Asks the host to end, and ends it if it does not. */
  async stop(): Promise<void> {
    const host = this.#host;
    if (host === null) return;
    this.#stopping = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => host.kill(), stopTimeoutMs);
      host.onExit(() => {
        clearTimeout(timer);
        resolve();
      });
      host.send({ t: 'stop' });
    });
  }

  #requireHost(): HostProcess {
    if (this.#host === null || this.#state.state !== 'running') {
      throw hostGone('reason' in this.#state ? this.#state.reason : 'The engine host is starting.');
    }
    return this.#host;
  }

  #launch(): void {
    const host = this.#options.launch();
    this.#host = host;
    this.#failure = null;
    this.#working = [];
    host.onMessage((message) => {
      if (this.#host === host) this.#receive(message);
    });
    host.onExit((exit) => {
      if (this.#host === host) this.#ended(exit);
    });
    const { dataDirectory, resourcesDirectory, unrestricted } = this.#options;
    const [grants, suspects, workspace] = [[...this.#grants], this.#suspects, this.#workspace];
    host.send({ t: 'start', dataDirectory, resourcesDirectory, unrestricted, grants, workspace, suspects });
  }

  #receive(message: unknown): void {
    const parsed = fromHostSchema.safeParse(message);
    if (!parsed.success) return;
    const said = parsed.data;
    switch (said.t) {
      case 'ready':
        this.#setState({ state: 'running' });
        break;
      case 'failed':
        this.#failure = [said.error.message, said.error.hint].filter(Boolean).join(' ');
        break;
      case 'data':
        this.#clients.get(said.client)?.deliver(said.message);
        break;
      case 'workspace':
        this.#workspace = said.workspace;
        break;
      case 'working':
        this.#working = said.pictureIds;
        break;
      case 'lost': {
        const host = this.#host;
        this.#losing ??= setTimeout(() => host?.kill(), stopTimeoutMs);
        break;
      }
      default:
        said satisfies never;
    }
  }

  #ended(exit: HostExit): void {
    this.#host = null;
    const end = this.#losing === null ? exit : { code: deviceLostExitCode, signal: null };
    const reason = this.#failure ?? describeExit(end);
    clearTimeout(this.#losing ?? undefined);
    this.#losing = null;
    this.#suspects = this.#working;
    for (const entry of [...this.#clients.values()]) entry.closed(reason);
    if (this.#stopping) return this.#setState({ state: 'stopped', reason: hostEnds.stopped });
    if (this.#failure !== null) return this.#setState({ state: 'stopped', reason });
    this.#crashes = [...this.#crashes.filter((at) => this.#now() - at < crashWindowMs), this.#now()];
    if (this.#crashes.length >= crashLimit) return this.#setState({ state: 'asking', reason });
    this.#setState({ state: 'restarting', reason });
    this.#launch();
  }

  #setState(state: HostState): void {
    this.#state = state;
    if (state.state === 'running') for (const waiter of this.#waiting) waiter.resolve();
    if (state.state === 'asking' || state.state === 'stopped') {
      for (const waiter of this.#waiting) waiter.reject(hostGone(state.reason));
    }
    if (state.state !== 'starting' && state.state !== 'restarting') this.#waiting.clear();
    this.#options.onState?.(state);
  }
}

/** Electron reports a signal as its number, shells as 128 + number. */
const signalNumbers: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

/** A sentence for the user on why a host ended. */
export function describeExit({ code, signal }: HostExit): string {
  const name = signal ?? (code === null ? undefined : signalNumbers[code > 128 ? code - 128 : code]);
  if (name !== undefined) return isKnownSignal(name) ? hostEnds[name] : `The engine host crashed: it received ${name}.`;
  if (code === null) return hostEnds.unexplained;
  return code === deviceLostExitCode ? hostEnds.deviceLost : endedWithCode(code);
}

function isKnownSignal(name: string): name is Extract<HostEnd, `SIG${string}`> {
  return name.startsWith('SIG') && name in hostEnds;
}

function hostGone(reason: string): AppError {
  return new AppError('HOST_GONE', reason, { hint: 'Start the engine host again.' });
}

import type { MessagePortMain } from 'electron';
import { utilityProcess } from 'electron';
import type { HostExit, HostProcess } from '../studio/host/supervisor';
import { withThreadPool } from '../studio/thread-pool';

/**
 * Starts the engine host as a utility process.
 * @param script the built host program
 */
export function launchHost(script: string): HostProcess {
  const child = utilityProcess.fork(script, [], {
    serviceName: 'Maskforge engine host',
    stdio: 'inherit',
    env: withThreadPool(),
  });
  const waiting: (() => void)[] = [];
  let running = false;
  let ended: HostExit | undefined;
  const exitListeners: ((exit: HostExit) => void)[] = [];
  child.once('spawn', () => {
    running = true;
    for (const send of waiting.splice(0)) send();
  });
  child.once('exit', (code) => {
    // Electron says 0 as well when it hears of a killed process by its broken line first; ours never ends so unasked.
    ended = { code: code === 0 ? null : code, signal: null };
    for (const listener of exitListeners) listener(ended);
  });
  return {
    get pid() {
      return child.pid;
    },
    send: (message, port) => {
      const send = (): void => child.postMessage(message, port === undefined ? [] : [port as MessagePortMain]);
      if (running) send();
      else waiting.push(send);
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void (ended === undefined ? exitListeners.push(listener) : listener(ended)),
    kill: () => void child.kill(),
  };
}

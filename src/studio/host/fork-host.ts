import { fork } from 'node:child_process';
import { withThreadPool } from '../thread-pool';
import type { HostExit, HostProcess } from './supervisor';

/**
 * Starts the host as a Node process of its own (server and terminal).
 * @param script the built host program
 */
export function forkHost(script: string): HostProcess {
  // 'advanced' keeps Uint8Arrays what they are; stdout stays free for the terminal's own output.
  const child = fork(script, [], {
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: [],
    env: withThreadPool(),
  });
  let ended: HostExit | undefined;
  const exitListeners: ((exit: HostExit) => void)[] = [];
  const end = (exit: HostExit): void => {
    if (ended !== undefined) return;
    ended = exit;
    for (const listener of exitListeners) listener(exit);
  };
  child.on('exit', (code, signal) => end({ code, signal }));
  child.on('error', () => {
    // Not started at all, or a message to a process that has just ended: the latter is followed by 'exit'.
    if (child.pid === undefined) end({ code: null, signal: null });
  });
  return {
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message);
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void (ended === undefined ? exitListeners.push(listener) : listener(ended)),
    kill: () => void child.kill('SIGKILL'),
  };
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/**
 * The engine host among the processes below `pid`: forked with its script's name by the server, a utility process with
 * Node in it on the desktop.
 */
export async function hostPidBelow(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  const rows = stdout.split('\n').flatMap(parseRow);
  const below = new Set([pid]);
  for (let grown = true; grown;) {
    const children = rows.filter((row) => below.has(row.parent) && !below.has(row.pid));
    for (const child of children) below.add(child.pid);
    grown = children.length > 0;
  }
  const isHost = ({ command }: Row): boolean =>
    /host\.cjs/.test(command) || /--utility-sub-type=node\.mojom\.NodeService/.test(command);
  const host = rows.find((row) => row.pid !== pid && below.has(row.pid) && isHost(row));
  if (host === undefined) throw new Error(`there is no engine host below process ${pid}`);
  return host.pid;
}

function parseRow(line: string): Row[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
  return match === null ? [] : [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }];
}

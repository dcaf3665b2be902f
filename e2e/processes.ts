import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
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
  const rows = await (existsSync('/proc/self/stat') ? rowsOfProc() : rowsOfPs());
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

/** Bare Linux machines have no `ps`. */
async function rowsOfProc(): Promise<Row[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const rows = pids.map(async (pid): Promise<Row[]> => {
    try {
      const [stat, command] = await Promise.all([
        readFile(`/proc/${pid}/stat`, 'utf8'),
        readFile(`/proc/${pid}/cmdline`, 'utf8'),
      ]);
      // The name in parentheses may hold anything; the parent is the second word after it.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return [{ pid: Number(pid), parent, command: command.replaceAll('\0', ' ') }];
    } catch {
      return [];
    }
  });
  return (await Promise.all(rows)).flat();
}

async function rowsOfPs(): Promise<Row[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap(parseRow);
}

function parseRow(line: string): Row[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
  return match === null ? [] : [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }];
}

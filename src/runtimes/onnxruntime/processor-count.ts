import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/**
 * Cores that compute on their own: a second thread on the same core makes matrix products slower, not faster. Linux
 * tells; elsewhere Intel's and AMD's desktop processors are taken to have two threads for each core.
 */
export function physicalCores(): number {
  const logical = Math.max(1, cpus().length);
  if (process.platform === 'linux') return Math.min(logical, linuxCores() ?? logical);
  return process.arch === 'x64' && logical > 2 ? Math.ceil(logical / 2) : logical;
}

function linuxCores(): number | null {
  try {
    const siblings = cpus().map((_, index) =>
      readFileSync(`/sys/devices/system/cpu/cpu${index}/topology/thread_siblings_list`, 'utf8').trim(),
    );
    return new Set(siblings).size;
  } catch {
    return null;
  }
}

import { cpus } from 'node:os';

const NAME = 'UV_THREADPOOL_SIZE';
/** Node's own size. */
const LEAST = 4;
/** A batch has no more threads that ask for pictures. */
const MOST = 16;

/**
 * Threads for Node's pool, in which pictures are decoded: one for each core. Node's own four are what a fast device waits
 * for on a machine with more. They sleep where there is nothing to decode, so that networks on the processor lose nothing.
 */
export function poolThreads(cores = cpus().length): number {
  return Math.min(MOST, Math.max(LEAST, cores));
}

/** The environment for a process that decodes pictures; a size that somebody chose stays. */
export function withThreadPool(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...env, [NAME]: env[NAME] ?? String(poolThreads()) };
}

/**
 * The same for this process: to be called before anything is read, decoded or compressed without waiting for it, since the
 * pool is made then. Windows reads the size as the process starts and stays at four.
 */
export function sizeThreadPool(): void {
  process.env[NAME] ??= String(poolThreads());
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

/** What a figure was measured on. */
export function machine(): { processor: string; cores: number; system: string } {
  const processors = cpus();
  const processor = processors[0]?.model ?? 'unknown';
  return { processor, cores: processors.length, system: `${process.platform} ${release()}` };
}

/** The command that was given and the day, as every result states them. */
export function occasion(name: string): { benchmark: string; command: string; date: string } {
  const command = ['npm run bench --', name, ...process.argv.slice(2)].join(' ');
  return { benchmark: name, command, date: new Date().toISOString().slice(0, 10) };
}

/** Prints a result and keeps it as `bench/results/NAME.json`. */
export function record(name: string, result: object): void {
  const text = `${JSON.stringify(result, null, 2)}\n`;
  mkdirSync(join('bench', 'results'), { recursive: true });
  writeFileSync(join('bench', 'results', `${name}.json`), text);
  process.stdout.write(text);
}

/** Runs a benchmark to its end, come what may. */
export function runToEnd(main: () => Promise<void>, cleanUp: () => void): void {
  main()
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 1;
    })
    .finally(cleanUp);
}

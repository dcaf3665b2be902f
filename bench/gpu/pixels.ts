/** The tests of every pixel that the shaders draw, in a Chromium that draws with the graphics card. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

export interface PixelsOptions {
  readonly executablePath: string;
  /** Further arguments of the browser. */
  readonly args: readonly string[];
  readonly reportFile: string;
}

interface Spec {
  readonly title: string;
  readonly ok: boolean;
  readonly tests: readonly {
    readonly annotations: readonly { readonly type: string; readonly description?: string }[];
    readonly results: readonly { readonly error?: { readonly message?: string } }[];
  }[];
}

export interface TestedPixels {
  readonly passed: number;
  readonly failed: number;
  /** By test: by how much of 255 the farthest channel is off, and what failed. */
  readonly tests: Readonly<Record<string, string>>;
}

/** Needs the sources and Playwright's test runner in the folder that it is run in. */
export async function testPixels({ executablePath, args, reportFile }: PixelsOptions): Promise<TestedPixels> {
  const runner = createRequire(resolve('package.json')).resolve('@playwright/test/package.json');
  const child = spawn(
    process.execPath,
    [
      join(dirname(runner), 'cli.js'),
      ...['test', '--project=chromium', 'e2e/canvas-pixels.spec.ts', '--output', `${reportFile}.out`],
    ],
    {
      env: {
        ...process.env,
        MASKFORGE_CHROMIUM: executablePath,
        MASKFORGE_CHROMIUM_FLAGS: args.join(' '),
        REPORT_FILE: reportFile,
      },
      stdio: 'ignore',
    },
  );
  await new Promise((done) => child.once('exit', done));
  const { suites } = JSON.parse(await readFile(reportFile, 'utf8')) as { suites: { specs: Spec[] }[] };
  const specs = suites.flatMap((suite) => suite.specs);
  return {
    passed: specs.filter(({ ok }) => ok).length,
    failed: specs.filter(({ ok }) => !ok).length,
    tests: Object.fromEntries(specs.map((spec) => [spec.title, outcome(spec)])),
  };
}

function outcome({ ok, tests }: Spec): string {
  const notes = tests.flatMap(({ annotations }) =>
    annotations.map(({ type, description }) => `${type} ${description}`),
  );
  const messages = tests.flatMap(({ results }) => results.flatMap(({ error }) => error?.message ?? []));
  return [ok ? 'passed' : 'failed', ...notes, ...messages.map((message) => message.slice(0, 300))].join('; ');
}

import { _electron, chromium, type Page } from '@playwright/test';
import { join } from 'node:path';
import { test, type StudioOptions } from '../fixtures';

/** An empty page in the shell that the studio would run in. */
export async function openBlank(shell: StudioOptions['shell']): Promise<{ page: Page; close: () => Promise<void> }> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  if (shell === 'electron') {
    const executablePath = process.env['ELECTRON_EXEC_PATH'];
    const app = await _electron.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [...args, join(__dirname, 'blank-window.cjs')],
    });
    return { page: await app.firstWindow(), close: () => app.close() };
  }
  const executablePath = process.env['MASKFORGE_CHROMIUM'];
  // Such as have a graphics card draw.
  const more = (process.env['MASKFORGE_CHROMIUM_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  const browser = await chromium.launch({
    args: [...args, ...more],
    ...(executablePath === undefined ? {} : { executablePath }),
  });
  return { page: await browser.newPage(), close: () => browser.close() };
}

export function base64Of(bytes: ArrayLike<number>): string {
  return Buffer.from(Uint8Array.from(bytes)).toString('base64');
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** Keeps with the test's result by how much the farthest of these values is off. */
export function noteFarthest(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  let farthest = 0;
  for (let i = 0; i < expected.length; i++)
    farthest = Math.max(farthest, Math.abs((actual[i] ?? -99) - (expected[i] ?? 0)));
  test.info().annotations.push({ type: 'farthest', description: farthest.toFixed(2) });
}

/** Share of screen pixels that differ by more than rounding. */
export function differing(actual: readonly number[], expected: readonly number[]): number {
  let count = 0;
  for (let i = 0; i < expected.length; i += 3) {
    const far = [0, 1, 2].some((c) => Math.abs((actual[i + c] ?? -99) - (expected[i + c] ?? 0)) > 1.5);
    if (far) count++;
  }
  return count / (expected.length / 3);
}

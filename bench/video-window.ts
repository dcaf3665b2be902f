import { resolve } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { _electron } from 'playwright-core';

const TIMEOUT_MS = 120_000;

/** The desktop window with the sample video opened, and the mask of its first frame shown. */
export async function openSampleVideo(dataDirectory: string): Promise<{ app: ElectronApplication; page: Page }> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = await _electron.launch({
    executablePath: process.env.BENCH_ELECTRON ?? '',
    args: [...sandbox, resolve('.')],
    env: { ...(process.env as Record<string, string>), MASKFORGE_HOME: dataDirectory },
  });
  const page = await app.firstWindow();
  await page.waitForSelector('html[data-state="ready"]', { timeout: TIMEOUT_MS });
  await showSampleVideo(page);
  return { app, page };
}

/** From any mode to the first frame with its mask, in a window in English. */
export async function showSampleVideo(page: Page): Promise<void> {
  await page.keyboard.press('Alt+4');
  await page.getByRole('main').getByRole('button', { name: 'Show sample video' }).click();
  await page.waitForSelector('[data-region="transport"][data-mask-frame="0"]', { timeout: TIMEOUT_MS });
  await page.getByRole('main').focus();
}

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';

test.use({ sharesStudio: true });

async function openRuntimes(page: Page): Promise<ReturnType<Page['getByRole']>> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('runtimes');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Runtimes' });
  await expect(dialog.getByText(/Places looked at/)).toBeVisible();
  return dialog;
}

/** An installation whose library is nothing but the header of one: whoever opens it in earnest fails. */
async function putHollowRuntime(dataDirectory: string): Promise<string> {
  const folder = join(dataDirectory, 'runtimes', 'rtx-1.7.1.116');
  await mkdir(join(folder, 'tensorrt_rtx_libs'), { recursive: true });
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x7f454c46, 0);
  header.set([2, 1, 1], 4);
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(process.arch === 'arm64' ? 183 : 62, 18);
  await writeFile(join(folder, 'tensorrt_rtx_libs', 'libtensorrt_rtx.so.1'), header);
  const record = {
    format: 1,
    name: 'rtx-1.7.1.116',
    id: 'rtx',
    version: '1.7.1.116',
    from: 'test',
    installedAt: '',
    bytes: 64,
  };
  await writeFile(join(folder, 'installed.json'), JSON.stringify(record));
  return folder;
}

test('says what runs here, where it was looked for and what can be installed', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const dialog = await openRuntimes(page);
  await expect(dialog.getByText(/^ONNX Runtime \d/)).toBeVisible();
  await expect(dialog.getByText(/8\.0, 8\.6, 8\.9, 12\.x/)).toBeVisible();
  await expect(dialog.getByRole('rowheader', { name: 'MASKFORGE_TENSORRT' })).toBeHidden();
  await dialog.getByText(/Places looked at/).click();
  await expect(dialog.getByRole('rowheader', { name: 'MASKFORGE_TENSORRT' })).toBeVisible();
  await expect(dialog.getByText(join(studio.dataDirectory, 'runtimes'))).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  expect(studio.problems).toEqual([]);
});

test('shows the licence before it installs', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const dialog = await openRuntimes(page);
  await dialog.getByRole('button', { name: /^Install TensorRT for RTX/ }).click();
  await expect(dialog.getByText(/NVIDIA Software License Agreement/)).toBeVisible();
  const install = dialog.getByRole('button', { name: 'Install', exact: true });
  await expect(install).toBeDisabled();
  const accept = dialog.getByRole('checkbox');
  await accept.focus();
  await page.keyboard.press('Space');
  await expect(install).toBeEnabled();
  await dialog.getByRole('button', { name: 'All runtimes' }).click();
  await expect(dialog.getByText(/Places looked at/)).toBeVisible();
  expect(await readdir(studio.dataDirectory)).not.toContain('runtimes');
  expect(studio.problems).toEqual([]);
});

test('survives a hollow library, says so, and removes it with a way back', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await putHollowRuntime(studio.dataDirectory);
  const host = await studio.hostPid();
  const dialog = await openRuntimes(page);
  // Without the native addon it cannot even be tried.
  await expect(dialog.getByText(/^(Incomplete|Broken)$/)).toBeVisible();
  const remove = dialog.getByRole('button', { name: /^Remove TensorRT for RTX/ });
  await remove.click();
  await expect(remove).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(remove).toBeVisible();
  expect(await readdir(join(studio.dataDirectory, 'runtimes'))).toEqual(['rtx-1.7.1.116']);
  expect(await studio.hostPid()).toBe(host);
  expect(studio.problems).toEqual([]);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import type { Studio } from './fixtures';
import { expect, test } from './fixtures';

const sample = resolve(__dirname, '../resources/samples/pictures/08-small.png');
const home = mkdtempSync(join(tmpdir(), 'maskforge-batch-'));
test.use({ folders: [home] });
test.afterAll(() => rmSync(home, { recursive: true, force: true }));

test('segments a folder, names what failed, and tries it again', async ({ studio }) => {
  const { page, shell } = studio;
  const input = join(home, `照片 ${shell}`);
  const output = join(home, `masks of ${shell}`);
  await mkdir(join(input, 'deeper'), { recursive: true });
  await mkdir(output);
  await copyFile(sample, join(input, 'one.png'));
  await copyFile(sample, join(input, 'deeper', 'two 🙂.png'));
  const whole = await readFile(sample);
  await writeFile(join(input, 'torn.png'), whole.subarray(0, whole.length >> 1));
  await studio.ready();

  const dialog = await openBatch(studio, input, output);
  for (const box of await dialog.getByRole('checkbox').all()) await box.uncheck();
  for (const format of ['Index PNG', 'CSV']) await dialog.getByRole('checkbox', { name: format }).check();
  await expect(dialog.getByTestId('batch-plan')).toHaveText('3 pictures');
  await dialog.getByRole('button', { name: 'Segment 3 pictures' }).click();

  await expect(page.getByText('1 picture failed')).toBeVisible();
  expect(await visibleFiles(output)).toEqual(['deeper/two 🙂.index.png', 'masks.classes.csv', 'one.index.png']);
  const { width, height } = await sharp(sample).metadata();
  expect(await sharp(join(output, 'one.index.png')).metadata()).toMatchObject({ width, height });

  await page.getByRole('button', { name: 'Show failures' }).click();
  const failures = page.getByRole('dialog', { name: 'What the batch could not do' });
  await expect(failures.getByRole('listitem')).toHaveText([/^torn\.png/]);
  await copyFile(sample, join(input, 'torn.png'));
  await failures.getByRole('button', { name: 'Try 1 again' }).click();
  await expect.poll(() => visibleFiles(output)).toContain('torn.index.png');
  await expect
    .poll(async () => {
      const rows = (await readFile(join(output, 'masks.classes.csv'), 'utf8')).trim().split('\r\n').slice(1);
      return [...new Set(rows.map((row) => row.split(',')[0]))];
    })
    .toEqual(['one.png', 'torn.png', 'deeper/two 🙂.png']);
  expect(studio.problems).toEqual([]);
});

test('knows what was done when the engine dies in the middle', async ({ studio }) => {
  const { page, shell } = studio;
  const input = join(home, `many ${shell}`);
  const output = join(home, `masks of many ${shell}`);
  await Promise.all([mkdir(input), mkdir(output)]);
  // More than any machine segments before the engine is ended.
  for (let index = 0; index < 100; index += 1) await copyFile(sample, join(input, `${index}.png`));
  await studio.ready();
  const dialog = await openBatch(studio, input, output);
  await dialog.getByRole('button', { name: 'Segment 100 pictures' }).click();
  // A mask is written before it is noted as done, and several pictures are in work at once.
  await expect.poll(async () => (await visibleFiles(output)).length).toBeGreaterThan(9);
  process.kill(await studio.hostPid(), 'SIGKILL');
  // What is urgent is read out by itself; its notice is no part of the page for those who listen.
  await page.getByText('Go on', { exact: true }).click({ timeout: 60_000 });
  await expect(dialog.getByTestId('batch-plan')).toHaveText(/^100 pictures · \d+ done already · \d+ to segment$/);
  for (const name of await visibleFiles(output)) {
    expect(await sharp(join(output, name)).metadata()).toMatchObject({ format: 'png' });
  }
});

/** The dialog with its two folders chosen: in dialogs of the system, or typed where a browser has none. */
async function openBatch({ page, shell, answerFolderDialogs }: Studio, input: string, output: string) {
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Segment a folder');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Segment a folder' });
  for (const [label, path] of [
    ['Pictures', input],
    ['Masks', output],
  ] as const) {
    if (shell === 'electron') {
      await answerFolderDialogs(path);
      await dialog.getByRole('group', { name: label }).getByRole('button').click();
    } else await dialog.getByRole('textbox', { name: label }).fill(path);
  }
  return dialog;
}

/** Without what the batch keeps for itself, which is hidden. */
async function visibleFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !path.startsWith('.'))
    .sort();
}

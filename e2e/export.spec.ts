import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import sharp from 'sharp';
import { expect, test } from './fixtures';

test.use({ sharesStudio: true });

interface FirstMask {
  readonly image: { readonly width: number; readonly height: number };
  readonly histogram: readonly { readonly id: number; readonly pixels: number }[];
}

async function openExport(page: Page, formats: readonly string[]) {
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+e');
  const dialog = page.getByRole('dialog', { name: 'Export' });
  for (const box of await dialog.getByRole('checkbox').all()) await box.uncheck();
  for (const format of formats) await dialog.getByRole('checkbox', { name: format }).check();
  return dialog;
}

test('names the files before it writes them', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const dialog = await openExport(page, ['Index PNG', 'CSV']);
  await expect(dialog.getByRole('listitem')).toHaveText([/\.index\.png$/, /\.classes\.csv$/]);
  await dialog.getByRole('radio', { name: /^All \d+ pictures/ }).check();
  await expect(dialog.getByText(/^and \d+ more$/)).toBeVisible();
  await dialog.getByRole('checkbox', { name: 'Index PNG' }).uncheck();
  await dialog.getByRole('checkbox', { name: 'CSV' }).uncheck();
  await expect(dialog.getByRole('button', { name: /^Export/ }).last()).toBeDisabled();
});

test('what a browser downloads is the mask that is shown', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const dialog = await openExport(page, ['Index PNG', 'CSV', 'COCO JSON']);
  if (studio.shell === 'electron') {
    // There files go to a folder that the user picks in a dialog of the system.
    await expect(dialog.getByRole('button', { name: 'Choose…' })).toBeVisible();
    return;
  }
  const downloads: Download[] = [];
  page.on('download', (download) => downloads.push(download));
  await dialog.getByRole('button', { name: 'Export 3 files' }).click();
  await expect.poll(() => downloads.length).toBe(3);
  await expect(page.getByText('3 files downloaded')).toBeVisible();
  const read = async (ending: string): Promise<Buffer> => {
    const download = downloads.find((each) => each.suggestedFilename().endsWith(ending));
    if (download === undefined) throw new Error(`nothing that ends in ${ending} was downloaded`);
    return readFile(await download.path());
  };
  const shown = JSON.parse((await page.locator('html').getAttribute('data-first-mask')) ?? '{}') as FirstMask;
  const index = sharp(await read('.index.png'));
  const { width, height } = shown.image;
  expect(await index.metadata()).toMatchObject({ width, height });
  const counts = new Map<number, number>();
  for (const id of await index.toColourspace('b-w').raw().toBuffer()) counts.set(id, (counts.get(id) ?? 0) + 1);
  expect(counts).toEqual(new Map(shown.histogram.map(({ id, pixels }) => [id, pixels])));
  const lines = (await read('.classes.csv')).toString('utf8').trim().split('\r\n');
  expect(lines).toHaveLength(1 + shown.histogram.length);
  const coco = JSON.parse((await read('.coco.json')).toString('utf8')) as { annotations: { area: number }[] };
  expect(coco.annotations.map(({ area }) => area).sort()).toEqual(shown.histogram.map(({ pixels }) => pixels).sort());
  expect(studio.problems).toEqual([]);
});

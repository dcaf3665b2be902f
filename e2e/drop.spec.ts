import { copyFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from './fixtures';

test.use({ sharesStudio: true });

const samples = resolve(__dirname, '..', 'resources', 'samples', 'pictures');
let folder: string;

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskforge-drop-'));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

test('segments a picture that is dropped on the window', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  // One of the samples on the strip, opened as a file: it stays when they make room.
  await studio.drop([join(samples, '03-night.jpg')]);
  await expect(page.getByRole('listbox', { name: 'Pictures' }).getByRole('option')).toHaveText([/03-night\.jpg/]);
  const picture = join(folder, 'my street.jpg');
  await copyFile(join(samples, '02-evening.jpg'), picture);
  await studio.drop([picture]);
  const row = page.getByRole('option', { name: 'my street.jpg' });
  await expect(row).toHaveAttribute('aria-selected', 'true');
  await expect(row.getByRole('img', { name: 'Segmented' })).toBeVisible();
  expect(studio.problems).toEqual([]);
});

test('answers a file that is no picture with its name and the reason', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const renamed = join(folder, 'report.jpg');
  await writeFile(renamed, '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n');
  await studio.drop([renamed]);
  await expect(page.getByText(/report\.jpg/).first()).toBeVisible();
  await expect(page.getByText('Not a picture that can be opened').first()).toBeVisible();
});

test('takes the good ones of a drop and names the bad one', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const [good, cut] = [join(folder, 'good.jpg'), join(folder, 'cut.jpg')];
  await copyFile(join(samples, '05-rain.jpg'), good);
  await copyFile(join(samples, '05-rain.jpg'), cut);
  await truncate(cut, 20_000);
  await studio.drop([cut, good]);
  const row = page.getByRole('option', { name: 'good.jpg' });
  await row.click();
  await expect(row.getByRole('img', { name: 'Segmented' })).toBeVisible();
  await page.getByRole('option', { name: 'cut.jpg' }).click();
  await expect(page.getByText('The picture is incomplete').first()).toBeVisible();
});

import type { Download, Locator, Page } from '@playwright/test';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test, type Studio } from './fixtures';

const samples = resolve(__dirname, '..', 'resources', 'samples', 'pictures');
const networks = resolve(__dirname, '..', 'tools', 'fixtures', 'models', 'small');
/** Small pictures, so that a run over them is short. */
const pictures = ['08-small.png', '10-square.webp', '11-autumn.jpg'];

let folder: string;

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskforge-compare-'));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

/** Two networks of the same classes whose weights differ, and three pictures. */
async function prepare(studio: Studio): Promise<void> {
  await studio.ready();
  for (const [name, file] of [
    ['first.onnx', 'original-ts13-256.onnx'],
    ['second.onnx', 'original-ts13-256-fresh.onnx'],
  ] as const) {
    await copyFile(join(networks, file), join(folder, name));
    await studio.drop([join(folder, name)]);
    const dialog = studio.page.getByRole('dialog', { name: 'Preprocessing and labels' });
    await dialog.waitFor();
    await studio.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  }
  await mkdir(join(folder, 'pictures'));
  for (const name of pictures) await copyFile(join(samples, name), join(folder, 'pictures', name));
  await studio.drop(pictures.map((name) => join(folder, 'pictures', name)));
  await expect(studio.page.getByRole('listbox', { name: 'Pictures' }).getByRole('option')).toHaveCount(pictures.length);
}

async function openBoth(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Modes' }).getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing to compare yet' })).toBeVisible();
  await page.getByRole('button', { name: 'Compare with…' }).click();
  await page.getByRole('menuitem', { name: 'first', exact: true }).click();
  await expect(agreementOf(page, 'first')).toHaveText(/^\d+\.\d\d %$/);
}

/** The figure in the row of a side. */
function agreementOf(page: Page, side: string): Locator {
  const table = page.getByRole('table', { name: 'Agreement' });
  return table.getByRole('row', { name: side }).getByRole('cell').first();
}

function bar(page: Page): Locator {
  return page.getByRole('group', { name: 'What is compared, and how' });
}

function zoom(page: Page): Promise<string> {
  return page
    .getByRole('contentinfo')
    .getByText(/^\d+ %$/)
    .innerText();
}

test('lays two models side by side in every way, and finds the pictures on which they differ most', async ({
  studio,
}) => {
  const { page } = studio;
  await prepare(studio);
  await openBoth(page);
  const main = page.getByRole('main');

  const divider = page.getByRole('slider', { name: /^Divider between 1 second/ });
  await divider.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(divider).toHaveAttribute('aria-valuenow', '48');
  await divider.dblclick();
  await expect(divider).toHaveAttribute('aria-valuenow', '50');

  const box = await main.boundingBox();
  const middle = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2 - 40, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
  await page.mouse.move(middle.x, middle.y);
  await expect(page.getByTestId('hover')).toHaveText(/all agree|1 class \d+\s+\|\s+2 class \d+/);
  await page.mouse.wheel(0, -300);
  await expect.poll(() => zoom(page)).not.toBe('');
  const zoomed = await zoom(page);
  for (const view of ['Side by side', 'Onion skin', 'Blink', 'Lens', 'Swipe']) {
    await bar(page).getByRole('button', { name: view }).click();
    await expect(bar(page).getByRole('button', { name: view })).toHaveAttribute('aria-pressed', 'true');
    expect([view, await zoom(page)]).toEqual([view, zoomed]);
  }

  await main.focus();
  await page.keyboard.press('d');
  await expect(main.getByRole('status').filter({ hasText: '1 second → 2 first' })).toContainText('% the same');
  const changes = page.getByRole('region', { name: 'What differs' });
  await changes
    .getByRole('button', { name: /became/ })
    .first()
    .click();
  await expect(bar(page).getByRole('button', { name: /^Only .* → / })).toBeVisible();
  await main.focus();
  await page.keyboard.press('d');
  await expect(divider).toBeVisible();

  const strip = page.getByRole('list', { name: 'Pictures, the least agreement first' });
  // Of the pictures of a folder; a browser sends them to the studio first.
  const odd = join(folder, 'odd & 街', 'sub');
  await mkdir(odd, { recursive: true });
  await copyFile(join(samples, '08-small.png'), join(odd, '100% #街.png'));
  await copyFile(join(samples, '10-square.webp'), join(odd, '..', 'b.webp'));
  await studio.answerFolderDialogs(join(folder, 'odd & 街'));
  await page.getByRole('button', { name: 'Folder…' }).click();
  await expect(strip.getByRole('button')).toHaveCount(2);
  await expect(strip.getByRole('button', { name: /^100% #街\.png/ })).toBeVisible();

  await page.getByRole('button', { name: 'Compare on 3 pictures' }).click();
  await expect(strip.getByRole('button')).toHaveCount(3);
  await expect(page.getByRole('button', { name: 'Compare on 3 pictures' })).toBeVisible();
  const figures = (await strip.getByRole('button').allInnerTexts()).map(Number.parseFloat);
  expect(figures).toEqual([...figures].sort((a, b) => a - b));
  const last = strip.getByRole('button').last();
  const name = ((await last.getAttribute('aria-label')) ?? '').replace(/,.*/, '');
  await last.click();
  await expect(page.getByRole('option', { name })).toHaveAttribute('aria-selected', 'true');
  expect(await zoom(page)).not.toBe('');

  await page
    .getByRole('button', { name: 'Options of second' })
    .or(page.getByRole('button', { name: /^Options of first/ }))
    .last()
    .click();
  await page.getByRole('menuitem', { name: 'Compare the others with this one' }).click();
  await expect(agreementOf(page, 'first')).toHaveText('Reference');
  await expect(agreementOf(page, 'second')).toHaveText(/^\d+\.\d\d %$/);
  await exportAs(studio, 'Comparison as HTML page…', 'comparison.html', (text) => {
    expect(text).toContain('<html');
    for (const one of ['first', 'second', ...pictures]) expect(text).toContain(one);
  });
  await exportAs(studio, 'Figures as JSON…', 'comparison.json', (text) => {
    expect(JSON.parse(text)).toMatchObject({ sides: [{}, {}] });
  });
  expect(studio.problems).toEqual([]);
});

/** A folder on the desktop, a download in a browser. */
async function exportAs(studio: Studio, item: string, file: string, check: (text: string) => void): Promise<void> {
  const { page, shell } = studio;
  await studio.answerFolderDialogs(folder);
  await bar(page).getByRole('button', { name: 'Export' }).click();
  const choose = page.getByRole('menuitem', { name: item });
  if (shell === 'electron') {
    await choose.click();
    await expect.poll(() => readFile(join(folder, file), 'utf8').catch(() => '')).not.toBe('');
    await expect(bar(page).getByRole('button', { name: 'Export' })).toBeEnabled();
    return check(await readFile(join(folder, file), 'utf8'));
  }
  const [download]: [Download, void] = await Promise.all([
    page.waitForEvent('download', { timeout: 60_000 }),
    choose.click(),
  ]);
  expect(download.suggestedFilename()).toBe(file);
  const path = join(folder, file);
  await download.saveAs(path);
  check(await readFile(path, 'utf8'));
}

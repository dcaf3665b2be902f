import { resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';

test.use({ sharesStudio: true });

const oddModels = resolve(__dirname, '..', 'tools', 'fixtures', 'models', 'odd');

function strip(page: Page) {
  return page.getByRole('listbox', { name: 'Pictures' }).getByRole('option');
}

async function runCommand(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(words);
  // The list follows the words a moment later.
  await expect(page.getByRole('option', { selected: true })).toContainText(new RegExp(words, 'i'));
  await page.keyboard.press('Enter');
}

test('brings a removed picture back where it was', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const count = await strip(page).count();
  const second = (await strip(page).nth(1).getAttribute('id')) ?? '';
  await strip(page).nth(1).click();
  await page.keyboard.press('Delete');
  await expect(strip(page)).toHaveCount(count - 1);
  await expect(strip(page).nth(1)).toHaveAttribute('aria-selected', 'true');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(strip(page)).toHaveCount(count);
  await expect(strip(page).nth(1)).toHaveAttribute('id', second);
  expect(studio.problems).toEqual([]);
});

test('is driven by the keyboard, in both languages and themes', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('Hide mask while held');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();

  const panel = page.getByRole('navigation', { name: 'Pictures' });
  await page.getByRole('main').focus();
  await page.keyboard.press('Tab');
  await expect.poll(async () => (await panel.boundingBox())?.x ?? -1).toBeLessThanOrEqual(0);
  await expect.poll(async () => page.locator('#film-strip').evaluate((element) => element.clientWidth)).toBe(0);
  await page.keyboard.press('Tab');
  await expect
    .poll(async () => page.locator('#film-strip').evaluate((element) => element.clientWidth))
    .toBeGreaterThan(100);

  await runCommand(page, 'theme: light');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await runCommand(page, 'theme: dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await runCommand(page, 'chinese');
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(page.getByRole('navigation', { name: '图片' })).toBeVisible();
  await runCommand(page, 'english');
  await expect(panel).toBeVisible();
  expect(studio.problems).toEqual([]);
});

test('asks about a model that does not say how its input is made', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await studio.drop([resolve(oddModels, 'tiny-unet.onnx')]);
  const dialog = page.getByRole('dialog', { name: 'Preprocessing and labels' });
  await expect(dialog.getByText('What the network would see of')).toContainText('512×512');
  await dialog.getByRole('textbox', { name: 'Width (px)' }).fill('256');
  await expect(dialog.getByText('What the network would see of')).toContainText('256×512');
  await dialog.getByRole('tab', { name: 'Labels' }).click();
  await dialog.getByRole('textbox', { name: 'Labels' }).fill('ground\nobject\nsky');
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Model: tiny-unet' })).toBeVisible();
  await expect(page.getByRole('option', { name: /^(ground|object|sky), / }).first()).toBeVisible();
  expect(studio.problems).toEqual([]);
});

test('refuses a model with two inputs and keeps the one it had', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const model = await page.getByRole('button', { name: /^Model: / }).getAttribute('aria-label');
  await studio.drop([resolve(oddModels, 'two-inputs.onnx')]);
  const said = page.getByRole('alert').filter({ hasText: 'The model needs exactly one image input' });
  await expect(said).toContainText('two-inputs.onnx has 2 inputs');
  await expect(page.getByRole('button', { name: /^Model: / })).toHaveAttribute('aria-label', model ?? '');
  await expect(strip(page).first().getByRole('img', { name: 'Segmented' })).toBeVisible();
  expect(studio.problems).toEqual([]);
});

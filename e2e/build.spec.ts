import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { recipeSchema } from '../src/shared/domain/engine';
import type { Studio } from './fixtures';
import { dropNetwork, enterBuild, expect, next, test, wizardOf } from './build-fixtures';

/** A white picture makes the stand-in lose its device. */
test.use({ standIn: { STAND_IN_FAULT: 'yes' } });

test('leads from a dropped network to an engine for the GPU, which survives the loss of its device', async ({
  studio,
}) => {
  const { page } = studio;
  await studio.ready();
  await dropNetwork(studio);
  await enterBuild(page);
  const wizard = wizardOf(page);
  await expect(wizard.getByRole('combobox', { name: 'Model' })).toContainText('net');
  await next(page);
  await expect(wizard.getByText(/Same result as the original on ONNX Runtime/)).toBeVisible();
  await expect(wizard.getByText('fuse-layernorm')).toBeVisible();
  await next(page);
  await next(page);
  await wizard.getByRole('radio', { name: /^FP32/ }).check();
  await expect(wizard.getByLabel('The same in the terminal')).toHaveText(/^maskforge build \S+ --precision fp32$/);
  await next(page);
  await expect(wizard.getByText('TensorRT 10.6.0')).toBeVisible();

  // Of downloads the desktop's window tells nothing to tests.
  if (studio.shell === 'chromium') {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      wizard.getByRole('button', { name: 'Save recipe' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('net-fp32.recipe.json');
  }

  await wizard.getByRole('button', { name: 'Build engine' }).click();
  await expect(wizard.getByText('The engine of net is ready.')).toBeVisible();
  await expect(wizard.getByText('a LayerNorm may overflow')).toBeVisible();
  await wizard.getByRole('button', { name: 'Verify' }).click();
  const id = await wizard.locator('dt:text-is("Id") + dd').innerText();
  const text = await readFile(join(studio.dataDirectory, 'engines', id, 'recipe.json'), 'utf8');
  const recipe = recipeSchema.parse(JSON.parse(text));
  expect(recipe).toMatchObject({
    precision: 'fp32',
    shapes: { min: { batch: 1, height: 256, width: 256 }, max: { batch: 1, height: 256, width: 256 } },
    runtime: { family: 'tensorrt-10', version: '10.6.0' },
    device: { kind: 'gpu', name: 'Stand-in GPU', computeCapability: 90 },
  });
  expect(recipe.passes.map(({ pass }) => pass)).toContain('fold-decode-head');
  expect(recipe.passes.map(({ pass }) => pass)).not.toContain('to-float16');

  await wizard.getByRole('button', { name: 'Measure latency' }).click();
  await expect(wizard.getByText(/pictures a second/)).toBeVisible();
  await wizard.getByRole('button', { name: 'Open in Segment' }).click();
  await expect(page.getByTestId('engine')).toContainText('Stand-in GPU');
  await loseDevice(studio);
  expect(studio.problems).toEqual([]);
});

/** One picture is to blame and says so; the engine is opened anew, and the others get their masks. */
async function loseDevice({ page, dataDirectory, drop, hostPid }: Studio): Promise<void> {
  const before = await hostPid();
  const [white, grey] = [join(dataDirectory, 'white.png'), join(dataDirectory, 'grey.png')];
  const size = { width: 64, height: 64, channels: 3 } as const;
  await sharp({ create: { ...size, background: 'white' } }).toFile(white);
  await sharp({ create: { ...size, background: 'grey' } }).toFile(grey);
  await drop([white, grey]);
  await expect(page.getByText('The engine is running again')).toBeVisible();
  expect(await hostPid()).not.toBe(before);
  const rows = page.getByRole('listbox', { name: 'Pictures' }).getByRole('option');
  await expect(page.getByText('The GPU was lost').first()).toBeVisible();
  await expect(rows.filter({ hasText: 'grey.png' }).getByRole('img', { name: 'Segmented' })).toBeVisible();
  await expect(page.getByTestId('engine')).toContainText('Stand-in GPU');
}

test('keeps what was typed on the way back and forth, and does not go on with sizes that are wrong', async ({
  studio,
}) => {
  const { page } = studio;
  await studio.ready();
  await enterBuild(page);
  const wizard = wizardOf(page);
  await next(page);
  await wizard.getByRole('radio', { name: /LayerNorm as exported/ }).check();
  await next(page);
  await wizard.getByRole('radio', { name: /^A range/ }).check();
  await wizard.getByLabel('Smallest: Height (px)').fill('2048');
  await expect(wizard.getByText(/must not exceed the optimum/)).toBeVisible();
  await expect(wizard.getByRole('button', { name: 'Next' })).toBeDisabled();
  await wizard.getByLabel('Smallest: Height (px)').fill('25x');
  await expect(wizard.getByText(/whole number from 1 to 65536/)).toBeVisible();
  await wizard.getByRole('button', { name: 'Back' }).click();
  await expect(wizard.getByRole('radio', { name: /LayerNorm as exported/ })).toBeChecked();
  await next(page);
  await expect(wizard.getByLabel('Smallest: Height (px)')).toHaveValue('25x');
  await wizard.getByLabel('Smallest: Height (px)').fill('256');
  await expect(wizard.getByLabel('The same in the terminal')).toContainText('--min 1x3x256x');
  await page.getByRole('button', { name: 'Segment', exact: true }).click();
  await page.getByRole('button', { name: 'Build', exact: true }).click();
  await expect(wizard.getByLabel('Smallest: Height (px)')).toHaveValue('256');
  await next(page);
  expect(studio.problems).toEqual([]);
});

test.describe('a slow build', () => {
  test.use({ standIn: { STAND_IN_STEPS: '400', STAND_IN_STEP_MS: '250' } });

  test('goes on elsewhere, waits for its turn, and can be cancelled', async ({ studio }) => {
    const { page } = studio;
    await studio.ready();
    await dropNetwork(studio);
    await enterBuild(page);
    const wizard = wizardOf(page);
    await page.getByRole('button', { name: 'Fixes' }).click();
    for (let step = 0; step < 3; step += 1) await next(page);
    await wizard.getByRole('button', { name: 'Build engine' }).click();
    await expect(wizard.getByText(/^Building · /)).toBeVisible();
    await wizard.getByRole('button', { name: 'Build another' }).click();
    await next(page);
    await wizard.getByRole('checkbox', { name: /Fold the decode head/ }).uncheck();
    for (let step = 0; step < 3; step += 1) await next(page);
    await wizard.getByRole('button', { name: 'Build engine' }).click();
    await expect(wizard.getByText(/^Waiting for the build before/)).toBeVisible();
    await page.getByRole('button', { name: 'Segment', exact: true }).click();
    await expect(page.getByTitle('2 builds are running')).toBeVisible();
    await page
      .getByRole('button', { name: /^Build/ })
      .first()
      .click();
    await wizard.getByRole('button', { name: 'Cancel' }).click();
    await expect(wizard.getByText('The build was cancelled.', { exact: false })).toBeVisible();
    await page
      .getByRole('navigation', { name: 'Steps and builds' })
      .getByText(/^Building/)
      .click();
    await wizard.getByRole('button', { name: 'Cancel' }).click();
    await expect(wizard.getByText('The build was cancelled.', { exact: false })).toBeVisible();
    await expect(page.getByTitle(/builds? (is|are) running/)).toBeHidden();
    expect(studio.problems).toEqual([]);
  });
});

test.describe('a build that fails', () => {
  test.use({ standIn: { STAND_IN_FAIL: 'OUT_OF_DEVICE_MEMORY' } });

  test('says why and leads to what can be changed', async ({ studio }) => {
    const { page } = studio;
    await studio.ready();
    await dropNetwork(studio);
    await enterBuild(page);
    const wizard = wizardOf(page);
    for (let step = 0; step < 4; step += 1) await next(page);
    await wizard.getByRole('button', { name: 'Build engine' }).click();
    const card = wizard.getByRole('group', { name: 'The GPU has too little memory' });
    await expect(card).toBeVisible();
    await card.getByRole('button', { name: 'Shapes' }).click();
    await expect(wizard.getByRole('radiogroup', { name: 'Sizes' })).toBeVisible();
    expect(studio.problems).toEqual([]);
  });
});

test('lists engines, builds anew from one, removes with a way back', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await dropNetwork(studio);
  await enterBuild(page);
  const wizard = wizardOf(page);
  for (let step = 0; step < 4; step += 1) await next(page);
  await wizard.getByRole('button', { name: 'Build engine' }).click();
  await expect(wizard.getByText('The engine of net is ready.')).toBeVisible();
  await page.getByRole('button', { name: /^Engine library/ }).click();
  const library = page.getByRole('region', { name: 'Engine library' });
  const row = library.getByRole('row', { name: /net.*FP16/ });
  await expect(row).toContainText('Ready');
  const details = page.getByRole('complementary', { name: 'Explanation' });
  await details.getByRole('button', { name: 'Duplicate as recipe' }).click();
  await expect(wizard.getByText(/followed to the letter/)).toBeVisible();
  await expect(wizard.getByLabel('The same in the terminal')).toContainText('--recipe net-fp16.recipe.json');
  await wizard.getByRole('checkbox', { name: /Fold the decode head/ }).uncheck();
  await expect(wizard.getByLabel('The same in the terminal')).toContainText('--no-fold-head');
  await page.getByRole('button', { name: /^Engine library/ }).click();
  await details.getByRole('button', { name: 'Remove' }).click();
  await expect(library.getByText('No engines yet')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toBeVisible();
  expect(studio.problems).toEqual([]);
});

test('refuses a recipe that is none, with its name and the reason', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await enterBuild(page);
  const file = join(studio.dataDirectory, 'my.recipe.json');
  await writeFile(file, '{"format": 2}');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    wizardOf(page).getByRole('button', { name: 'Open recipe…' }).click(),
  ]);
  await chooser.setFiles(file);
  await expect(page.getByText('Not a recipe', { exact: true }).first()).toBeVisible();
  await expect(page.getByText(/my\.recipe\.json is no recipe of this version/).first()).toBeVisible();
});

import { execFile } from 'node:child_process';
import type { Page } from '@playwright/test';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { dropNetwork, enterBuild, next, wizardOf } from './build-fixtures';
import { expect, test } from './fixtures';

const root = resolve(__dirname, '..');
const pictures = join(root, 'resources', 'samples', 'pictures');

test('leads from a dropped network to a verified INT8 engine with no GPU, and the terminal makes the same', async ({
  studio,
}) => {
  test.setTimeout(180_000);
  const { page } = studio;
  await studio.ready();
  // A few small pictures in place of the sample's.
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Remove all from strip');
  await page.keyboard.press('Enter');
  const strip = page.getByRole('listbox', { name: 'Pictures' }).getByRole('option');
  await expect(strip).toHaveCount(0);
  const folder = join(studio.dataDirectory, 'few');
  await mkdir(folder);
  const few = ['08-small.png', '02-evening.jpg', '10-square.webp'];
  await Promise.all(few.map((name) => copyFile(join(pictures, name), join(folder, name))));
  await studio.drop(few.map((name) => join(folder, name)));
  await expect(strip).toHaveCount(3);
  await dropNetwork(studio);
  const tuned = tune(studio.dataDirectory, folder);
  await enterBuild(page);
  const wizard = wizardOf(page);
  const command = wizard.getByLabel('The same in the terminal');
  await next(page);
  await expect(wizard.getByText(/Same result as the original on ONNX Runtime/)).toBeVisible({ timeout: 60_000 });
  await wizard.getByText('fuse-layernorm', { exact: true }).click();
  await wizard
    .getByRole('group', { name: 'Before' })
    .getByRole('button', { name: /^ReduceMean/ })
    .first()
    .click();
  await expect(wizard.getByRole('group', { name: 'After' }).getByText('LayerNormalization')).not.toHaveCount(0);
  await next(page);
  await expect(wizard.getByRole('region', { name: 'Memory, estimated' }).getByRole('row')).toHaveCount(2);
  await next(page);

  // TensorRT is missed, and nobody is held up.
  await wizard.getByRole('note').getByRole('button', { name: 'Runtimes…' }).click();
  await expect(page.getByRole('dialog', { name: 'Runtimes' })).toBeVisible();
  await page.keyboard.press('Escape');
  await wizard.getByRole('radio', { name: /^INT8/ }).check();
  await next(page);

  await wizard.getByLabel('At most').fill('none');
  await expect(wizard.getByRole('button', { name: 'Next' })).toBeDisabled();
  await wizard.getByLabel('At most').fill('2');
  await expect(wizard.getByText(/^2 of 3 pictures are taken/)).toBeVisible();
  await expect(wizard.getByRole('list', { name: 'What is taken' }).getByRole('img')).toHaveCount(2);
  await expect(wizard.getByText('Not calibrated with these before', { exact: false })).toBeVisible();

  // What is no calibration changes nothing.
  await wizard.getByRole('radio', { name: /^A calibration file/ }).check();
  const nonsense = join(studio.dataDirectory, 'nonsense.json');
  await writeFile(nonsense, '{"values": 7}');
  await choose(page, nonsense);
  await expect(wizard.getByRole('group', { name: 'Not a calibration' })).toContainText('nonsense.json');
  await expect(wizard.getByRole('button', { name: 'Next' })).toBeDisabled();
  await wizard.getByRole('radio', { name: /^A folder/ }).check();
  await studio.answerFolderDialogs(folder);
  await wizard.getByRole('button', { name: 'Choose folder…' }).click();
  await expect(wizard.getByText(/^2 of 3 pictures are taken/)).toBeVisible();
  await expect(command).toContainText(/--calibrate \S*few/);
  await wizard.getByRole('radio', { name: /on the film strip/ }).check();
  await expect(wizard.getByLabel('At most')).toHaveValue('2');
  await wizard.getByText('Blocks that stay wide').click();
  await wizard.getByRole('checkbox', { name: /^stage 1, block 1, attention/ }).check();
  await expect(command).toContainText('--precision int8 --calibrate');
  await expect(command).toContainText("--count 2 --keep 'stage 1, block 1, attention'");

  // Other layers in 8 bits: what is there, and what ranges that were collected before say nothing about.
  await wizard.getByText('Layers in 8 bits', { exact: true }).click();
  const layers = wizard.getByRole('group', { name: 'Layers in 8 bits' });
  await expect(layers.getByRole('checkbox', { name: /^Linear layers 25 layers · default/ })).toBeChecked();
  await layers.getByRole('checkbox', { name: /^Attention’s products/ }).check();
  await expect(command).toContainText('--layers linear,attention');
  await wizard.getByRole('radio', { name: /^A calibration file/ }).check();
  await tuned;
  await choose(page, await calibrationIn(studio.dataDirectory));
  const lacking = wizard.getByRole('group', { name: 'The calibration belongs to something else' });
  await expect(lacking).toContainText(/^[^/]*calibration\.json has no ranges of attention/);
  await lacking.getByRole('button', { name: 'Calibrate with the film strip' }).click();
  await expect(wizard.getByText(/^2 of 3 pictures are taken/)).toBeVisible();
  await layers.getByRole('checkbox', { name: /^Attention’s products/ }).uncheck();
  await expect(command).not.toContainText('--layers');
  await layers.getByRole('checkbox', { name: /^Classifier/ }).check();

  // What the terminal found out about the blocks, of these layers, is there as a curve, and one of its points is built.
  await wizard.getByRole('button', { name: 'Back' }).click();
  await expect(wizard.getByRole('radio', { name: /^INT8/ })).toBeChecked();
  await expect(wizard.getByText(/INT8 reaches .* at best|keep their class/)).toBeVisible();
  await next(page);
  await expect(command).toContainText('--layers linear,classifier');
  const blocks = wizard.getByRole('region', { name: 'Which blocks bear 8 bits' });
  await expect(blocks.getByTestId('tune-curve').locator('circle')).not.toHaveCount(0);
  await expect(blocks.getByRole('row')).toHaveCount(5);
  await expect(blocks.getByText('Agreement is that of the same networks on ONNX Runtime.')).toBeVisible();
  await blocks.getByRole('radio', { name: /everything in 8 bits/ }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(blocks.getByRole('radio', { name: /1 block kept/ })).toBeChecked();
  await blocks.getByRole('button', { name: /^Build #/ }).click();
  await expect(command).toContainText(/--keep-from '.*tunings.*json#\d+'/);

  await expect(wizard.getByText('ONNX Runtime', { exact: false }).first()).toBeVisible();
  await wizard.getByRole('button', { name: 'Build engine' }).click();
  await expect(wizard.getByText('The engine of net is ready.')).toBeVisible({ timeout: 60_000 });
  await expect(wizard.getByText(/^\d+ layers in INT8: A matrix product with constant weights/)).toBeVisible();
  await expect(wizard.getByText(/^\d+ layers not in INT8: Kept: convolutions were left out/)).toBeVisible();
  await wizard.getByRole('button', { name: 'Verify' }).click();
  await wizard.getByRole('button', { name: 'Compare on the 3 open pictures' }).click();
  await expect(wizard.getByText(/of pixels agree with ONNX Runtime/)).toBeVisible({ timeout: 90_000 });
  await expect(wizard.getByRole('table', { name: 'Agreement by class' }).getByRole('row')).not.toHaveCount(1);
  await expect(wizard.getByRole('img', { name: /^Where .* differs/ }).first()).toBeVisible();
  const id = await wizard.locator('dt:text-is("Id") + dd').innerText();
  await wizard.getByRole('button', { name: 'Keep' }).click();

  const row = page.getByRole('region', { name: 'Engine library' }).getByRole('row', { name: /net.*INT8/ });
  await expect(row).toContainText(/9\d\.\d\d %|100\.00 %/);
  const details = page.getByRole('complementary', { name: 'Explanation' });
  await details.getByRole('button', { name: 'Rename' }).click();
  await details.getByRole('textbox', { name: 'Rename' }).fill('small and narrow');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('row', { name: /small and narrow/ })).toBeVisible();
  expect(await buildAgain(studio.dataDirectory, id)).toBe(id);
  expect(studio.problems).toEqual([]);
});

async function choose(page: Page, file: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    wizardOf(page).getByRole('button', { name: 'Choose file…' }).click(),
  ]);
  await chooser.setFiles(file);
}

/** What the terminal has collected, as a file of the user's. */
async function calibrationIn(home: string): Promise<string> {
  const folder = join(home, 'calibrations');
  const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.json'));
  const file = join(home, 'my calibration.json');
  await copyFile(join(folder, name), file);
  return file;
}

/** All blocks but three are kept, so that there is little to find out; a target that is missed is no failure here. */
async function tune(home: string, images: string): Promise<void> {
  const kept = [1, 2, 3, 4].flatMap((stage) => [
    `stage ${stage}, block 1, attention`,
    ...(stage > 1 ? [`stage ${stage}, block 1, feed-forward`] : []),
  ]);
  const layers = ['--layers', 'linear,classifier'];
  const few = ['--count', '2', '--compared', '1', '--no-timing', '--keep', kept.join(';'), ...layers];
  const args = ['tune', join(home, 'dropped', 'net.onnx'), '--images', images, '--target-agreement', '1', ...few];
  await promisify(execFile)(process.execPath, [join(root, 'bin', 'maskforge.cjs'), ...args], {
    env: { ...process.env, MASKFORGE_HOME: home },
  }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error;
  });
}

/** The recipe that the window made, followed by the terminal: the same to the byte. @returns the id of what that makes */
async function buildAgain(home: string, id: string): Promise<unknown> {
  const recipe = join(home, 'engines', id, 'recipe.json');
  expect(await readFile(recipe, 'utf8')).toMatch(/"kinds": \[\s*"linear",\s*"classifier"\s*\]/);
  const parts = ['network.onnx', 'recipe.json', 'calibration.json'];
  const made = () => Promise.all(parts.map((name) => readFile(join(home, 'engines', id, name))));
  const before = await made();
  const network = join(home, 'dropped', 'net.onnx');
  const program = join(root, 'bin', 'maskforge.cjs');
  const args = [program, 'build', network, '--recipe', recipe, '--fresh', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, MASKFORGE_HOME: home },
  });
  expect((await made()).map((bytes, part) => bytes.equals(before[part] ?? bytes.subarray(1)))).toEqual([
    true,
    true,
    true,
  ]);
  const answer: unknown = JSON.parse(stdout);
  return typeof answer === 'object' && answer !== null && 'id' in answer ? answer.id : stdout;
}

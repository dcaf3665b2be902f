import { enterBuild, next, wizardOf } from './build-fixtures';
import { expect, test } from './fixtures';

test('says what is missing where nothing builds, with the remedy one click away', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await enterBuild(page);
  const wizard = wizardOf(page);
  await next(page);
  // The fixes are tried out all the same.
  await expect(wizard.getByText(/Same result as the original on ONNX Runtime/)).toBeVisible({ timeout: 60_000 });
  await next(page);
  await next(page);
  const note = wizard.getByRole('note').filter({ hasText: 'Nothing here builds engines' });
  await expect(note).toBeVisible();
  await note.getByRole('button', { name: 'Runtimes…' }).click();
  await expect(page.getByRole('dialog', { name: 'Runtimes' })).toBeVisible();
  await page.keyboard.press('Escape');
  await next(page);
  await expect(wizard.getByRole('button', { name: 'Build engine' })).toBeDisabled();
  expect(studio.problems).toEqual([]);
});

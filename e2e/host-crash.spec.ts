import { expect, test } from './fixtures';

test('survives the end of the engine host by force', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const before = await studio.hostPid();
  process.kill(before, 'SIGKILL');
  await expect(page.getByText('The engine is running again')).toBeVisible();
  expect(await studio.hostPid()).not.toBe(before);

  const rows = page.getByRole('listbox', { name: 'Pictures' }).getByRole('option');
  await rows.nth(7).click();
  await expect(rows.nth(7).getByRole('img', { name: 'Segmented' })).toBeVisible();
});

test('asks before the engine is started a fourth time', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const banner = page.getByRole('alert').filter({ hasText: 'The engine has stopped three times.' });
  for (let crash = 1; crash <= 3; crash++) {
    const pid = await studio.hostPid();
    process.kill(pid, 'SIGKILL');
    if (crash === 3) break;
    await expect(async () => expect(await studio.hostPid()).not.toBe(pid)).toPass();
    // The page has its connection back.
    await expect(page.getByText('The engine stopped and is being started again.')).toBeHidden();
  }
  await expect(banner).toBeVisible();
  await expect(banner).toContainText('The engine host');
  await banner.getByRole('button', { name: 'Start it again' }).click();
  await expect(banner).toBeHidden();
  await studio.hostPid();
});

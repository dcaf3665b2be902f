import { expect, test } from './fixtures';
import {
  expectFrame,
  numbersOnScreen,
  openStripesModel,
  position,
  showBeside,
  transport,
  videoFile,
} from './video-fixtures';

test.use({ sharesStudio: true });

test('opens every container and codec, turned, odd, deep and uneven ones with a word about it', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  const status = page.getByRole('contentinfo', { name: 'Status' });
  const cases = [
    { file: 'numbers-vp9.webm', size: '320×256', note: null },
    { file: 'numbers-av1.webm', size: '320×256', note: null },
    { file: 'numbers.mov', size: '320×256', note: null },
    { file: 'rotated.mp4', size: '256×320', note: 'Turned by' },
    { file: 'odd-size.webm', size: '321×255', note: null },
    { file: 'variable-rate.mp4', size: '320×256', note: 'The frame rate varies' },
    { file: 'ten-bit.webm', size: '320×256', note: '' },
    { file: 'eight-k.mp4', size: '1920×1080', note: '7680×4320' },
  ];
  for (const { file, size, note } of cases) {
    await studio.drop([videoFile(file)]);
    await expect(page.getByRole('option', { name: file })).toHaveAttribute('aria-selected', 'true');
    await expectFrame(page, 0);
    await expect(status.getByText(size)).toBeVisible();
    await page.getByRole('main').focus();
    await page.keyboard.press('ArrowRight');
    await expectFrame(page, 1);
    const notes = transport(page).getByRole('note');
    if (note === null) await expect(notes).toHaveCount(0);
    else if (note !== '') await expect(notes).toHaveAttribute('aria-label', new RegExp(note));
  }
  expect(studio.problems).toEqual([]);
});

test('reads the number of the frame in the mask of an uneven video, too', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  await studio.drop([videoFile('numbers-vp9.webm')]);
  await expectFrame(page, 0);
  await showBeside(page);
  await page.keyboard.press('End');
  await expectFrame(page, 59);
  await expect.poll(() => numbersOnScreen(page)).toEqual({ picture: 59, mask: 59 });
  await page.keyboard.press('ArrowLeft');
  await expectFrame(page, 58);
  await expect.poll(() => numbersOnScreen(page)).toEqual({ picture: 58, mask: 58 });
});

test('says of a file that is no video what is wrong with it, and keeps the rest', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const cases = [
    { file: 'sound-only.mp4', title: 'No picture in this video' },
    { file: 'no-frames.mp4', title: /No picture in this video|The video is empty|The video cannot be read/ },
    // Neither browser has a decoder of its own for it, and test machines have none in their chips.
    { file: 'hevc.mp4', title: 'This codec cannot be decoded here' },
    { file: 'headless.mp4', title: 'The video cannot be read' },
  ];
  for (const { file, title } of cases) {
    await studio.drop([videoFile(file)]);
    await expect(page.getByRole('option', { name: file })).toHaveAttribute('aria-selected', 'true');
    await expect(page.getByRole('main').getByText(title)).toBeVisible();
    await expect(page.getByRole('main').getByText(file).first()).toBeVisible();
  }
  await page.getByRole('main').getByRole('button', { name: 'Remove video' }).click();
  await expect(page.getByRole('option', { name: 'headless.mp4' })).toBeHidden();
  await expect(page.getByRole('option', { name: 'sound-only.mp4' })).toBeVisible();
  expect(studio.problems).toEqual([]);
});

test('plays a video that was cut off up to where it ends', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  await studio.drop([videoFile('truncated.mp4')]);
  await expectFrame(page, 0);
  await page.getByRole('main').focus();
  await page.keyboard.press('End');
  await expect(transport(page).getByRole('note')).toHaveAttribute('aria-label', /\d+ of 120 frames can be read/);
  const last = (await position(page)).frame;
  expect(last).toBeGreaterThan(40);
  await expectFrame(page, last);
  await page.keyboard.press('Space');
  await expect.poll(() => position(page).then(({ frame, mask }) => frame < last && frame === mask)).toBe(true);
});

import { expect, test } from './fixtures';
import { position, transport } from './video-fixtures';

test.use({ browserArguments: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] });

test('segments what a camera sees, and says when it was unplugged', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await page.evaluate(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      Object.assign(window, { unplug: () => stream.getTracks().forEach((track) => track.stop()) });
      return stream;
    };
  });
  await page.keyboard.press('Alt+4');
  await page.getByRole('main').getByRole('button', { name: 'Open camera' }).click();
  await expect(transport(page)).toBeVisible();
  await expect.poll(() => position(page).then(({ frame, mask }) => frame > 2 && mask === frame)).toBe(true);
  await expect(page.getByRole('slider', { name: 'Position' })).toHaveCount(0);
  await page.evaluate(() => (window as unknown as { unplug: () => void }).unplug());
  await expect(page.getByRole('main').getByText('The camera is gone')).toBeVisible();
  await page.getByRole('button', { name: 'Play again' }).click();
  await expect(page.getByRole('main').getByText('The camera is gone')).toBeHidden();
  const { frame } = await position(page);
  await expect.poll(() => position(page).then((at) => at.frame > frame && at.mask === at.frame)).toBe(true);
  expect(studio.problems).toEqual([]);
});

test('says when the camera may not be used', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await page.keyboard.press('Alt+4');
  await page.getByRole('main').getByRole('button', { name: 'Open camera' }).click();
  await expect(page.getByRole('main').getByText('No access to the camera')).toBeVisible();
});

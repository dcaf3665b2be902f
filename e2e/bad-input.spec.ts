import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from './fixtures';

const fixtures = resolve(__dirname, '..', 'tools', 'fixtures');
const odd = join(fixtures, 'models', 'odd');
/** For a network whose logits are its input: every colour overflows, and no pixel has a finite one. */
const overflow = join(fixtures, 'manifests', 'overflow.json');

const damaged = [
  ['not-onnx', '不是 ONNX 文件：not-onnx.onnx'],
  ['truncated', '模型文件不完整：truncated.onnx'],
  ['cycle', '“cycle.onnx”中有 2 个节点互相等待。'],
  ['two-inputs', '“two-inputs.onnx”有 2 个输入，需要恰好一个图像输入。'],
  ['empty', '模型文件为空：empty.onnx'],
  ['opset-99', '“opset-99.onnx”使用 opset 99，不受支持。'],
] as const;

test.use({ language: 'zh-CN' });

test('bad networks are told in Chinese, and the window and the wizard stay where they were', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const folder = join(studio.dataDirectory, 'bad');
  await mkdir(folder);
  for (const [name, told] of damaged) {
    await copyFile(join(odd, `${name}.onnx`), join(folder, `${name}.onnx`));
    await studio.drop([join(folder, `${name}.onnx`)]);
    await expect(page.getByText(told).first()).toBeAttached();
  }
  // More notices than there is room for: those that wait lie over nothing.
  await page.getByRole('option').first().click();

  await copyFile(join(odd, 'channels-static.onnx'), join(folder, 'overflow.onnx'));
  await copyFile(overflow, join(folder, 'model.json'));
  await studio.drop([join(folder, 'overflow.onnx'), join(folder, 'model.json')]);
  const card = page.getByRole('main').getByRole('group', { name: '模型计算出非有限数值' });
  await expect(card).toContainText('“Overflow”在此图片上计算出 NaN 或无穷大');

  await page.getByRole('button', { name: '构建', exact: true }).click();
  const wizard = page.getByRole('region', { name: '构建引擎' });
  await wizard.getByRole('button', { name: '下一步' }).click();
  await expect(wizard.getByText('无法在 ONNX Runtime 上对比：模型计算出非有限数值')).toBeVisible();
  for (let step = 0; step < 3; step += 1) await wizard.getByRole('button', { name: '下一步' }).click();
  await wizard.getByRole('button', { name: '构建引擎' }).click();
  await wizard.getByRole('button', { name: '验证', exact: true }).click();
  await wizard.getByRole('button', { name: /张/ }).click();
  await expect(page.getByText('没有图片可以比较').first()).toBeVisible();
  await expect(wizard.getByRole('heading', { name: '验证', level: 2 })).toBeVisible();
  expect(studio.problems).toEqual([]);
});

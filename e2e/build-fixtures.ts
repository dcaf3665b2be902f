import type { Page } from '@playwright/test';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test as base } from './fixtures';
import type { Studio } from './fixtures';

export const network = resolve(__dirname, '..', 'tools', 'fixtures', 'models', 'small', 'original-ts13-256.onnx');

/** What the stand-in for the native addon is told; see src/studio/engines/testing. */
export interface StandInOptions {
  standIn: Readonly<Record<string, string>>;
}

/**
 * A studio whose native addon is a stand-in: everything above it is real, "TensorRT" is 10.6 and the GPU is none. Its
 * engines run on ONNX Runtime.
 */
export const test = base.extend<StandInOptions>({
  standIn: [{}, { option: true }],
  environment: async ({ standIn }, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'maskforge-stand-in-'));
    await use({ ...(await putStandIn(folder)), ...standIn });
    await rm(folder, { recursive: true, force: true });
  },
});

export { expect } from './fixtures';

const root = resolve(__dirname, '..');
const libraries = [
  'libnvinfer.so.10',
  'libnvinfer_builder_resource.so.10.6.0',
  'libnvonnxparser.so.10',
  'libmaskforge_backend_tensorrt10.so',
];

/** The addon, and beside it libraries of which nothing but the header is there: the stand-in opens none. */
async function putStandIn(folder: string): Promise<Record<string, string>> {
  const addon = join(folder, 'stand-in-addon.cjs');
  await copyFile(join(root, 'src', 'studio', 'engines', 'testing', 'stand-in-addon.cjs'), addon);
  for (const name of libraries) await writeFile(join(folder, name), libraryHeader());
  return { MASKFORGE_ADDON: addon, MASKFORGE_TENSORRT: folder, STAND_IN_PROJECT: root };
}

/** A 64 bit ELF header of this machine's kind, with one segment. */
function libraryHeader(): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.writeUInt32BE(0x7f454c46, 0);
  bytes.set([2, 1, 1], 4);
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(process.arch === 'arm64' ? 183 : 62, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64);
  bytes.writeBigUInt64LE(512n, 96);
  return bytes;
}

/** A copy of a small network under a name of its own, dropped on the window; its preprocessing is taken as it is. */
export async function dropNetwork({ page, drop, dataDirectory }: Studio, name = 'net.onnx'): Promise<void> {
  const folder = join(dataDirectory, 'dropped');
  await mkdir(folder, { recursive: true });
  await copyFile(network, join(folder, name));
  await drop([join(folder, name)]);
  const dialog = page.getByRole('dialog', { name: 'Preprocessing and labels' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

export async function enterBuild(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Build', exact: true }).click();
  await page.getByRole('heading', { name: 'Model', level: 2 }).first().waitFor();
}

export function wizardOf(page: Page): ReturnType<Page['getByRole']> {
  return page.getByRole('region', { name: 'Build an engine' });
}

export async function next(page: Page): Promise<void> {
  await wizardOf(page).getByRole('button', { name: 'Next' }).click();
}

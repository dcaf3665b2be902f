import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach } from 'vitest';
import type { TlsFiles } from '../../../tools/hub-server/hub-server.mjs';

/** Helpers for the tests of the hub and of the commands that use it. */

export const oddModels = resolve(__dirname, '../../../tools/fixtures/models/odd');
export const REPO = 'Xenova/segformer-b0-finetuned-ade-512-512';

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'maskforge-test-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs after the test, newest first. */
export function afterThisTest(cleanUp: () => unknown): void {
  cleanUps.push(cleanUp);
}

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export function loopbackCertificate(): TlsFiles {
  const pem = readFileSync(resolve(__dirname, '../../../tools/hub-server/loopback-certificate.pem'), 'utf8');
  const [, key = '', cert = ''] = /(-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----\n)([^]*)/.exec(pem) ?? [];
  return { key, cert };
}

/** A repository in the layout of the hub: a small network with three classes. */
export function repoFiles(repo = REPO): [string, Uint8Array][] {
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  return [
    [`${repo}/onnx/model.onnx`, readFileSync(join(oddModels, 'channels.onnx'))],
    [`${repo}/config.json`, json({ model_type: 'segformer', id2label: { 0: 'wall', 1: 'sky', 2: 'tree' } })],
    [
      `${repo}/preprocessor_config.json`,
      json({
        image_processor_type: 'SegformerImageProcessor',
        size: { height: 128, width: 256 },
        image_mean: [0.5, 0.4, 0.3],
        image_std: [0.2, 0.3, 0.4],
        resample: 2,
      }),
    ],
  ];
}

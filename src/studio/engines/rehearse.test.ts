import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildOrderInput } from '../../shared/domain/engine';
import { buildOrderSchema, rehearsalSchema } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import { unrestrictedAccess } from '../file-access';
import { createStudio } from '../studio';
import type { Studio } from '../studio-api';
import { rehearse } from './rehearse';

const root = mkdtempSync(join(tmpdir(), 'maskforge-rehearse-'));
const idle = new AbortController().signal;
let studio: Studio;
let model: ModelSummary;

beforeAll(async () => {
  const onnx = join(root, 'net.onnx');
  cpSync(join('tools', 'fixtures', 'models', 'small', 'original-ts13-256.onnx'), onnx);
  const options = { dataDirectory: join(root, 'data'), resourcesDirectory: join(root, 'resources') };
  studio = await createStudio({ ...options, access: unrestrictedAccess, emit: () => undefined, env: {} });
  model = await studio.handlers['models.add']({ path: onnx }, { signal: idle });
});
afterAll(async () => {
  await studio.close();
  rmSync(root, { recursive: true, force: true });
});

const tryOut = async (order: BuildOrderInput) =>
  rehearsalSchema.parse(await rehearse(model, buildOrderSchema.parse(order), idle));

describe('rehearse', () => {
  it('says what each pass finds, and that the masks stay the same', async () => {
    const { steps, check, nodesBefore, nodesAfter } = await tryOut({ precision: 'fp16' });
    expect(steps.map(({ pass }) => pass)).not.toContain('to-float16');
    const fused = steps.find(({ pass }) => pass === 'fuse-layernorm');
    expect(fused?.count).toBeGreaterThan(0);
    expect(fused?.findings[0]?.reason).toMatch(/[a-z]{3,} [a-z]{2,}/);
    const titles = (side: 'before' | 'after') => fused?.picture?.[side].nodes.map(({ title }) => title);
    expect(titles('before')).toEqual(expect.arrayContaining(['ReduceMean', 'Sub', 'Sqrt', 'Div']));
    expect(titles('after')).toContain('LayerNormalization');
    expect(titles('after')).not.toContain('Sqrt');
    expect(nodesAfter).toBeLessThan(nodesBefore);
    expect(check).toMatchObject({ outcome: 'same', pixelAgreement: 1 });
  });

  it('does not call a network the same that computes no finite number before or after', async () => {
    const preprocessing = {
      ...model.preprocessing,
      scale: 3e38,
      std: [1e-30, 1e-30, 1e-30] as [number, number, number],
    };
    const order = buildOrderSchema.parse({ precision: 'fp32', layerNorm: 'keep', foldHead: false });
    const { check } = rehearsalSchema.parse(await rehearse({ ...model, preprocessing }, order, idle));
    expect(check).toMatchObject({ outcome: 'not-run', code: 'MODEL_OUTPUT_NOT_FINITE' });
  });

  it('leaves out what the order leaves out', async () => {
    const { steps } = await tryOut({ layerNorm: 'keep', foldHead: false });
    expect(steps.map(({ pass }) => pass)).not.toContain('fuse-layernorm');
    expect(steps.map(({ pass }) => pass)).not.toContain('fold-decode-head');
  });

  it('compares masks where the engine is to end in them', async () => {
    const { check } = await tryOut({ maskOutput: true, imageInput: true });
    expect(check).toMatchObject({ outcome: 'same' });
  });

  it('does not pretend to have run plugins', async () => {
    expect((await tryOut({ layerNorm: 'plugin' })).check).toEqual({ outcome: 'plugins' });
  });

  it('stops when asked to', async () => {
    const cancelled = AbortSignal.abort();
    await expect(rehearse(model, buildOrderSchema.parse({}), cancelled)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

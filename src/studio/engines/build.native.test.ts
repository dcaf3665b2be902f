import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/app-error';
import type { EngineSummary } from '../../shared/domain/engine';
import { observer, rtxBuilds } from './testing/rtx-builds';

const small = join('tools', 'fixtures', 'models', 'small');
const odd = join('tools', 'fixtures', 'models', 'odd');

/** Fixtures of which no engine can be made, with the code that says why. All others are built. */
const REFUSED: Readonly<Record<string, string>> = {
  // An operator of a domain that no plugin of ours serves.
  'custom-op.onnx': 'ONNX_PLUGIN_MISSING',
  // Broken files, and operator sets that nobody supports.
  'cycle.onnx': 'ONNX_CYCLE',
  'dangling-input.onnx': 'ONNX_DANGLING_INPUT',
  'empty.onnx': 'ONNX_EMPTY_FILE',
  'external-escape.onnx': 'ONNX_EXTERNAL_ESCAPES',
  'external-missing.onnx': 'ONNX_EXTERNAL_MISSING',
  'not-onnx.onnx': 'ONNX_NOT_ONNX',
  'opset-6.onnx': 'ONNX_OPSET_UNSUPPORTED',
  'opset-99.onnx': 'ONNX_OPSET_UNSUPPORTED',
  'truncated.onnx': 'ONNX_TRUNCATED',
  'wrong-initializer-size.onnx': 'ONNX_INITIALIZER_SIZE',
  // Networks that segment no pictures.
  'five-d-input.onnx': 'ONNX_INPUT_UNSUPPORTED',
  'no-input.onnx': 'ONNX_INPUT_COUNT',
  'two-inputs.onnx': 'ONNX_INPUT_COUNT',
  'vector-output.onnx': 'ONNX_OUTPUT_UNSUPPORTED',
};

const { models, library, build } = rtxBuilds();

describe('odd fixtures', () => {
  const fixtures = readdirSync(odd).filter((file) => file.endsWith('.onnx'));
  const builds = async (file: string): Promise<EngineSummary> => {
    const model = await models.add(join(odd, file));
    const shape = { batch: 1, height: model.input.height ?? 64, width: model.input.width ?? 96 };
    return build(model, { precision: 'fp32', shapes: { min: shape, opt: shape, max: shape } });
  };

  it.each(fixtures.filter((file) => !(file in REFUSED)))('%s is built', async (file) => {
    expect(await builds(file)).toMatchObject({ precision: 'fp32' });
  });

  it.each(Object.entries(REFUSED))('%s is refused with %s', async (file, code) => {
    const error = await builds(file).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code, hint: expect.any(String) });
  });
});

describe('a build', () => {
  it('is cancelled, and leaves nothing behind', async () => {
    const model = await models.add(join(small, 'original-ts13-512.onnx'));
    const before = readdirSync(library.folder).sort();
    const stop = new AbortController();
    const told = observer(stop.signal);
    const progress = (share: number): void => {
      told.shares.push(share);
      if (share > 0.12) stop.abort();
    };
    await expect(build(model, {}, { ...told, progress })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(library.folder).sort()).toEqual(before);
  });

  it('takes a range of sizes, several targets, and the sizes of the mask', async () => {
    const model = await models.add(join(small, 'original-ts17-dynamic.onnx'));
    const shape = (batch: number, side: number): { batch: number; height: number; width: number } => {
      return { batch, height: side, width: side };
    };
    const shapes = { min: shape(1, 64), opt: shape(2, 128), max: shape(4, 256) };
    const engine = await build(model, { shapes, targets: [89, 120], imageInput: true, maskOutput: true });
    expect(engine).toMatchObject({ device: 'sm_89, sm_120', shapes });
    const { record } = await library.read(engine.id);
    expect(record.input).toMatchObject({ type: 'uint8', layout: 'NHWC', height: null });
    expect(record.output).toMatchObject({ kind: 'class-ids' });
  });
});

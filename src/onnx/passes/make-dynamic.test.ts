import { describe, expect, test } from 'vitest';
import type { OnnxModel } from '../model';
import { isOp } from '../node';
import { runPass } from '../pass';
import { readDeclaredType } from '../value-type';
import { dynamicFlatten, makeDynamic } from './make-dynamic';
import { setShapes } from './set-shapes';
import { simplify } from './simplify';
import { openOdd, openSmall, relativeDifference, runRandom, SMALL_FIXTURES } from './test-support';

const SIZES = [
  { batch: 1, height: 32, width: 96 },
  { batch: 4, height: 64, width: 32 },
];

function inputDims(model: OnnxModel): readonly unknown[] | undefined {
  return readDeclaredType(model.graph.inputs[0]?.type)?.dims;
}

function outputDims(model: OnnxModel): readonly unknown[] | undefined {
  return readDeclaredType(model.graph.outputs[0]?.type)?.dims;
}

const STATIC = SMALL_FIXTURES.filter(({ dynamic, form }) => !dynamic && (form === 'plain' || form === 'fresh'));
const DYNAMIC = SMALL_FIXTURES.filter(({ dynamic, form }) => dynamic && !form.startsWith('frozen'));

describe('make-dynamic', () => {
  // Static and dynamic exports of a family share their weights, so the dynamic one says what is right at other sizes.
  test.each(
    STATIC.filter(({ form }) => form === 'plain').map(({ file, family, half }) => [file, family, half] as const),
  )('%s runs at other sizes as the dynamic export does', async (file, family, half) => {
    const model = await openSmall(file);
    const { findings } = await runPass(model, makeDynamic);
    expect(findings[0]?.after).toBe('[batch, 3, height, width]');
    expect(inputDims(model)).toEqual(['batch', 3, 'height', 'width']);
    expect(outputDims(model)).toEqual(['batch', 6, 'floor((height + 3)/4)', 'floor((width + 3)/4)']);
    const reference = await openSmall(`${family}-ts13-dynamic.onnx`);
    for (const size of half ? SIZES.slice(0, 1) : SIZES) {
      const difference = relativeDifference(await runRandom(reference, size), await runRandom(model, size));
      expect(difference).toBeLessThan(half ? 5e-2 : 1e-4);
    }
  });

  test.each(STATIC.map(({ file }) => file))('%s: nothing left to find afterwards', async (file) => {
    const model = await openSmall(file);
    await runPass(model, makeDynamic);
    expect(await makeDynamic.match(model)).toEqual([]);
    expect(await dynamicFlatten.match(model)).toEqual([]);
  });

  test.each(DYNAMIC.map(({ file }) => file))('%s is dynamic already', async (file) => {
    expect(await makeDynamic.match(await openSmall(file))).toEqual([]);
  });

  test('gives the same logits at the export size, after simplifying too', async () => {
    const model = await openSmall('original-ts13-256.onnx');
    const before = await runRandom(model, { height: 256, width: 256 });
    await runPass(model, makeDynamic);
    expect(relativeDifference(before, await runRandom(model, { height: 256, width: 256 }))).toBeLessThan(1e-5);
    await runPass(model, simplify());
    const size = { batch: 2, height: 64, width: 96 };
    const reference = await runRandom(await openSmall('original-ts13-dynamic.onnx'), size);
    expect(relativeDifference(reference, await runRandom(model, size))).toBeLessThan(1e-4);
  });

  test.each([
    ['original-ts13-250x330-pad.onnx', /pads by an amount that was computed/],
    ['original-ts13-128x192-slide.onnx', /cuts at a fixed place/],
  ])('%s cannot follow, and says why', async (file, reason) => {
    const model = await openSmall(file);
    await expect(runPass(model, makeDynamic)).rejects.toThrow(reason);
    await expect(runPass(model, makeDynamic)).rejects.toMatchObject({ code: 'ONNX_SIZES_FIXED' });
    expect(inputDims(model)).toEqual([1, 3, ...(file.includes('250') ? [250, 330] : [128, 192])]);
  });

  test.each(['channels-static.onnx', 'channels.onnx', 'two-inputs.onnx', 'five-d-input.onnx', 'tiny-unet.onnx'])(
    '%s',
    async (file) => {
      const model = await openOdd(file);
      const { findings } = await runPass(model, makeDynamic);
      expect(findings).toHaveLength(file === 'channels-static.onnx' ? 1 : 0);
    },
  );
});

describe('dynamic-flatten', () => {
  test.each(['original-ts13-dynamic-frozen.onnx', 'original-ts13-dynamic-frozen-flatten.onnx'])(
    '%s: the export size is found and the reshapes repaired',
    async (file) => {
      const model = await openSmall(file);
      await expect(runRandom(model, { batch: 2, height: 64, width: 96 })).rejects.toThrow();
      const { findings } = await runPass(model, dynamicFlatten);
      expect(findings.length).toBeGreaterThan(10);
      for (const size of SIZES) {
        const reference = await runRandom(await openSmall('original-ts13-dynamic.onnx'), size);
        expect(relativeDifference(reference, await runRandom(model, size))).toBeLessThan(1e-4);
      }
    },
  );

  test('leaves a model with a fixed input alone', async () => {
    expect(await dynamicFlatten.match(await openSmall('original-ts13-256.onnx'))).toEqual([]);
  });
});

describe('set-shapes', () => {
  test.each(['original-ts13-dynamic.onnx', 'transformers-dynamo18-dynamic.onnx', 'original-ts11-dynamic-pad.onnx'])(
    '%s pinned and simplified has no arithmetic on sizes left',
    async (file) => {
      const model = await openSmall(file);
      const size = { batch: 2, height: 64, width: 96 };
      const before = await runRandom(model, size);
      const { findings } = await runPass(model, setShapes(size));
      expect(findings).toHaveLength(1);
      expect(inputDims(model)).toEqual([2, 3, 64, 96]);
      expect(outputDims(model)).toEqual([2, 6, 16, 24]);
      await runPass(model, simplify());
      expect(
        model.graph.nodes.filter((node) => isOp(node, 'Shape', 'Gather') && node.input[0]?.includes('Shape') === true),
      ).toEqual([]);
      expect(relativeDifference(before, await runRandom(model, size))).toBeLessThan(1e-5);
    },
  );

  test('only what is asked for', async () => {
    const model = await openSmall('original-ts13-dynamic.onnx');
    await runPass(model, setShapes({ batch: 1 }));
    expect(inputDims(model)).toEqual([1, 3, 'height', 'width']);
  });

  test('a model of another fixed size: refused, with the way out', async () => {
    const model = await openSmall('original-ts13-256.onnx');
    const resize = runPass(model, setShapes({ height: 512 }));
    await expect(resize).rejects.toMatchObject({ code: 'ONNX_SIZE_FIXED' });
    await runPass(model, makeDynamic);
    await runPass(model, setShapes({ batch: 1, height: 512, width: 320 }));
    expect(outputDims(model)).toEqual([1, 6, 128, 80]);
  });

  test('a model that is open outside and frozen inside: refused until it is repaired', async () => {
    const model = await openSmall('original-ts13-dynamic-frozen.onnx');
    const pass = setShapes({ height: 64, width: 96 });
    await expect(runPass(model, pass)).rejects.toMatchObject({ code: 'ONNX_SIZE_FIXED' });
    await runPass(model, dynamicFlatten);
    await runPass(model, pass);
    expect(outputDims(model)).toEqual(['batch', 6, 16, 24]);
  });

  test('the size that it has already is nothing to do', async () => {
    const model = await openSmall('original-ts13-256.onnx');
    expect(await setShapes({ batch: 1, height: 256, width: 256 }).match(model)).toEqual([]);
  });
});

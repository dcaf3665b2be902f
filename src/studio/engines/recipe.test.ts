import type { RecipeFacts } from './recipe';
import { describe, expect, it } from 'vitest';
import type { BuildOrderInput, PassStep, Recipe } from '../../shared/domain/engine';
import { buildOrderSchema } from '../../shared/domain/engine';
import type { ModelInput, ModelSummary, SizePolicy } from '../../shared/domain/model';
import { canonicalJson } from './canonical';
import { defaultShapes, sameShape } from '../../shared/default-shapes';
import { draftRecipe, engineKey, parseRecipe } from './recipe';

const policy: SizePolicy = { mode: 'stretch', width: 640, height: 512 };

function model(input: Partial<ModelInput> = {}, size: SizePolicy = policy): ModelSummary {
  return {
    id: 'net',
    name: 'Net',
    path: '/models/net.onnx',
    sizeBytes: 1,
    bundled: false,
    irVersion: 8,
    opset: 17,
    producer: '',
    input: {
      name: 'pixels',
      layout: 'NCHW',
      type: 'float32',
      batch: null,
      channels: 3,
      height: null,
      width: null,
      ...input,
    },
    output: { name: 'logits', kind: 'logits', layout: 'NCHW', classes: 19 },
    labels: [],
    labelsSource: 'assumed',
    preprocessing: {
      size,
      resample: 'bilinear',
      channelOrder: 'rgb',
      scale: 1 / 255,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    },
    preprocessingSource: 'assumed',
    warnings: [],
  };
}

const pluginFiles = ['/lib/libmaskforge_decodehead_10.so', '/lib/libmaskforge_depthwisegelu_10.so'];

function draft(
  order: BuildOrderInput = {},
  of: ModelSummary = model(),
  pluginValues?: string[],
  computeCapability = 90,
): Recipe {
  return draftRecipe(buildOrderSchema.parse(order), {
    model: of,
    identity: { sha256: 'a'.repeat(64), weights: [], name: of.name },
    runtime: { family: order.runtime === 'tensorrt-rtx' ? 'tensorrt-rtx' : 'tensorrt-10', version: '10.6.0' },
    device: { kind: 'gpu', name: 'NVIDIA H200', computeCapability },
    pluginValues,
    pluginFiles,
  });
}

const names = ({ passes }: Recipe): string[] => passes.map(({ pass }) => pass);
const step = <P extends PassStep['pass']>({ passes }: Recipe, pass: P): PassStep | undefined =>
  passes.find((each) => each.pass === pass);

describe('the recipe that follows from an order', () => {
  it('fixes the size that the policy names, and computes in FP16', () => {
    const recipe = draft();
    expect(recipe.shapes).toEqual(sameShape({ batch: 1, height: 512, width: 640 }));
    expect(names(recipe)).toEqual([
      'dynamic-flatten',
      'set-shapes',
      'simplify',
      'shape-reshape',
      'fuse-layernorm',
      'fold-decode-head',
      'simplify',
      'fuse-decode-head',
      'fuse-mixffn',
      'to-float16',
    ]);
    expect(step(recipe, 'set-shapes')).toEqual({ pass: 'set-shapes', batch: 1, height: 512, width: 640 });
    expect(step(recipe, 'to-float16')).toEqual({ pass: 'to-float16', keepIo: false });
  });

  const shape = { batch: 1, height: 512, width: 512 };
  const range = { min: shape, opt: { ...shape, batch: 4 }, max: { ...shape, batch: 8 } };
  const cases: readonly (readonly [string, BuildOrderInput, ModelSummary, readonly string[]])[] = [
    [
      'opens a network of another size',
      { shapes: sameShape(shape) },
      model({ height: 256, width: 256 }),
      ['make-dynamic', 'set-shapes'],
    ],
    [
      'leaves one of that size closed',
      { shapes: sameShape(shape) },
      model({ height: 512, width: 512, batch: 1 }),
      ['dynamic-flatten', 'set-shapes'],
    ],
    ['opens for a range', { shapes: range }, model({ height: 512, width: 512, batch: 1 }), ['make-dynamic']],
    ['does nothing when plain', { plain: true, precision: 'fp32' }, model(), []],
    ['writes only the precision when plain', { plain: true, precision: 'bf16' }, model(), ['to-bfloat16']],
    ['leaves precision to the flag', { plain: true, fp16Flag: true, precision: 'fp16' }, model(), []],
  ];
  it.each(cases)('%s', (_, order, of, expected) => {
    const passes = names(draft(order, of)).filter(
      (pass) => /dynamic|set-shapes|to-/.test(pass) && pass !== 'to-float16',
    );
    expect(passes).toEqual(expected);
  });

  it('makes chosen LayerNorms plugins and the others native', () => {
    const recipe = draft({ layerNorm: 'plugin', pluginOnly: ['*3*'] }, model(), ['value']);
    expect(recipe.passes.filter(({ pass }) => pass === 'fuse-layernorm')).toEqual([
      { pass: 'fuse-layernorm', form: 'native' },
      { pass: 'fuse-layernorm', form: 'plugin', only: ['value'] },
    ]);
    expect(names(draft({ layerNorm: 'keep' }))).not.toContain('fuse-layernorm');
  });

  const plugins: readonly (readonly [string, BuildOrderInput, number, readonly string[]])[] = [
    ['in BF16 as in FP16', { precision: 'bf16' }, 90, ['fuse-decode-head', 'fuse-mixffn']],
    ['around INT8', { precision: 'int8' }, 90, ['fuse-decode-head', 'fuse-mixffn']],
    ['around FP8', { precision: 'fp8' }, 90, ['fuse-decode-head', 'fuse-mixffn']],
    ['not in FP32', { precision: 'fp32' }, 90, []],
    ['not on GPUs without the matrix units', {}, 75, []],
    ['not on RTX, where they never ran', { runtime: 'tensorrt-rtx' }, 89, []],
    ['without the head where it is not folded', { foldHead: false }, 90, ['fuse-mixffn']],
    ['not where they are not wanted', { plugins: [] }, 90, []],
    ['on RTX where they are asked for', { runtime: 'tensorrt-rtx', plugins: ['mixffn'] }, 89, ['fuse-mixffn']],
  ];
  it.each(plugins)('hands parts to plugins %s', (_, order, computeCapability, expected) => {
    const recipe = draft(order, model(), undefined, computeCapability);
    expect(names(recipe).filter((pass) => /^fuse-(decode|mixffn)/.test(pass))).toEqual(expected);
  });

  it('takes no plugin whose library was not built', () => {
    const facts: RecipeFacts = {
      model: model(),
      identity: { sha256: 'a'.repeat(64), weights: [], name: 'net' },
      runtime: { family: 'tensorrt-10', version: '10.6.0' },
      device: { kind: 'gpu', name: 'NVIDIA H200', computeCapability: 90 },
      pluginValues: undefined,
      pluginFiles: pluginFiles.slice(1),
    };
    const recipe = draftRecipe(buildOrderSchema.parse({}), facts);
    expect(names(recipe)).toContain('fuse-mixffn');
    expect(names(recipe)).not.toContain('fuse-decode-head');
  });

  it('leaves TF32 on where trtexec would', () => {
    expect(draft({ precision: 'fp32' }).builder.tf32).toBe(false);
    expect(draft({ precision: 'tf32' }).builder.tf32).toBe(true);
    expect(draft({ plain: true, fp16Flag: true, precision: 'fp16' }).builder).toMatchObject({
      tf32: true,
      typing: 'fp16-flag',
    });
  });

  const wrong: readonly (readonly [string, BuildOrderInput])[] = [
    ['the FP16 flag without plain', { fp16Flag: true, precision: 'fp16' }],
    ['the FP16 flag in FP32', { fp16Flag: true, plain: true, precision: 'fp32' }],
    ['the FP16 flag on RTX', { fp16Flag: true, plain: true, precision: 'fp16', runtime: 'tensorrt-rtx' }],
    ['names without a plugin', { layerNorm: 'native', pluginOnly: ['x'] }],
    ['a head for the plugin that is not folded', { foldHead: false, plugins: ['head'] }],
    ['targets on TensorRT 10', { targets: [89] }],
  ];
  it.each(wrong)('refuses %s', (_, order) => {
    expect(() => draft(order)).toThrow(expect.objectContaining({ code: 'RECIPE_CONTRADICTORY' }));
  });

  it('replays a recipe with the runtime and device of today', () => {
    const old: Recipe = { ...draft({ precision: 'bf16' }), runtime: { family: 'tensorrt-10', version: '10.3.0' } };
    const again = draft({ recipe: old, precision: 'fp32' });
    expect(again).toEqual({ ...old, runtime: { family: 'tensorrt-10', version: '10.6.0' } });
  });
});

describe('the sizes of an engine that nobody named', () => {
  it.each<[string, ModelSummary, [number, number, number]]>([
    ['of a fixed input', model({ height: 256, width: 384, batch: 2 }), [256, 256, 256]],
    ['of a policy', model({}, { mode: 'tile', width: 512, height: 512, overlap: 64 }), [512, 512, 512]],
    ['of pictures in their own size', model({}, { mode: 'native', multipleOf: 32, maxSide: 2048 }), [64, 512, 2048]],
    ['of small ones', model({}, { mode: 'native', multipleOf: 32, maxSide: 50 }), [64, 64, 64]],
  ])('%s', (_, of, [min, opt, max]) => {
    const shapes = defaultShapes(of);
    expect([shapes.min.height, shapes.opt.height, shapes.max.height]).toEqual([min, opt, max]);
  });
});

describe('the key of an engine', () => {
  it('follows from everything but names', () => {
    const recipe = draft();
    const key = engineKey(recipe);
    expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(engineKey({ ...recipe, model: { ...recipe.model, name: 'Other' } })).toBe(key);
    const others: Recipe[] = [
      { ...recipe, precision: 'bf16' },
      { ...recipe, runtime: { ...recipe.runtime, version: '10.7.0' } },
      { ...recipe, device: { kind: 'anywhere' } },
      { ...recipe, model: { ...recipe.model, weights: ['b'.repeat(64)] } },
      { ...recipe, passes: [...recipe.passes].reverse() },
      { ...recipe, builder: { ...recipe.builder, level: 5 } },
    ];
    expect(new Set([key, ...others.map(engineKey)]).size).toBe(others.length + 1);
  });

  it('does not depend on the order of fields', () => {
    const { format, ...rest } = draft();
    expect(engineKey({ ...rest, format })).toBe(engineKey(draft()));
    expect(canonicalJson({ b: 1, a: [2, { d: undefined, c: 3 }] })).toBe('{"a":[2,{"c":3}],"b":1}');
  });
});

describe('a recipe file', () => {
  it('is read back as it was written', () => {
    const recipe = draft({ layerNorm: 'plugin', imageInput: true, maskOutput: true });
    expect(parseRecipe(JSON.stringify(recipe), 'recipe.json')).toEqual(recipe);
  });

  const recipe = draft();
  function ofSide(side: number): unknown {
    const shape = { batch: 1, height: side, width: side };
    return { ...recipe, shapes: { min: shape, opt: shape, max: shape } };
  }

  it('of a newer Maskforge is refused as such', () => {
    expect(() => parseRecipe(JSON.stringify({ ...recipe, format: 2, more: [] }), 'new.json')).toThrow(
      expect.objectContaining({ code: 'RECIPE_NEWER', details: { file: 'new.json', format: 2 } }),
    );
  });

  it.each<[string, string, RegExp]>([
    ['that is no JSON', '{', /no JSON/],
    ['of no version', JSON.stringify({ ...recipe, format: 0 }), /format/],
    ['with a pass that nobody knows', JSON.stringify({ ...recipe, passes: [{ pass: 'magic' }] }), /passes\.0/],
    ['of a size that no picture has', JSON.stringify(ofSide(1_000_000_000)), /height: Too big/],
    ['of passes without end', JSON.stringify({ ...recipe, passes: Array(65).fill({ pass: 'simplify' }) }), /passes/],
    ['with a field too many', JSON.stringify({ ...recipe, extra: 1 }), /extra/],
    [
      'whose smallest size is not',
      JSON.stringify({ ...recipe, shapes: { ...recipe.shapes, min: { batch: 9, height: 512, width: 640 } } }),
      /min must not exceed opt/,
    ],
  ])('%s is refused with its name', (_, text, why) => {
    expect(() => parseRecipe(text, '/somewhere/recipe.json')).toThrow(
      expect.objectContaining({ code: 'RECIPE_INVALID', message: expect.stringMatching(why) }),
    );
    expect(() => parseRecipe(text, '/somewhere/recipe.json')).toThrow(/\/somewhere\/recipe\.json/);
  });
});

describe('a recipe for 8 bits', () => {
  it('ends in FP16 and then in the quantised layers, whose ranges are not known yet', () => {
    const { passes, precision } = draft({ precision: 'int8', calibration: { folder: '/p', keep: ['b', 'a', 'b'] } });
    expect(precision).toBe('int8');
    expect(passes.slice(-2)).toEqual([
      { pass: 'to-float16', keepIo: false },
      {
        pass: 'quantize',
        format: 'int8',
        method: 'mse',
        kinds: ['linear', 'convolution'],
        keep: ['a', 'b'],
        statistics: null,
      },
    ]);
  });

  it('puts those kinds of layers into 8 bits that were asked for, in one order', () => {
    const calibration = { folder: '/pictures', kinds: ['residual', 'attention', 'linear', 'attention'] as const };
    const recipe = draft({ precision: 'fp8', calibration: { ...calibration, kinds: [...calibration.kinds] } });
    expect(recipe.passes.at(-1)).toMatchObject({ pass: 'quantize', kinds: ['linear', 'attention', 'residual'] });
  });

  it('has the hash of its calibration in its key', () => {
    const recipe = draft({ precision: 'int8' });
    const keys = [null, '1'.repeat(64), '2'.repeat(64)].map((statistics) => {
      const passes = recipe.passes.map((step) => (step.pass === 'quantize' ? { ...step, statistics } : step));
      return engineKey({ ...recipe, passes });
    });
    expect(new Set(keys).size).toBe(3);
  });
});

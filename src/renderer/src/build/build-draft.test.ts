import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../../shared/domain/engine';
import { buildOrderSchema, recipeSchema } from '../../../shared/domain/engine';
import { buildCommand, tuneCommand, recipeFileName, verifyCommand } from './build-command';
import type { BuildDraft } from './build-draft';
import { defaultDraft, draftOfRecipe, orderOf, roughOrderOf, shapeProblem, sizeOf } from './build-draft';
import { buildStore, buildSteps, changeCalibration } from './build-store';

const shape = (height: string, width = height, batch = '1') => ({ batch, height, width });
const range: BuildDraft = {
  ...defaultDraft,
  shapes: 'range',
  min: shape('256'),
  opt: shape('512'),
  max: shape('1024', '2048', '4'),
};

const recipe: Recipe = recipeSchema.parse({
  format: 1,
  model: { sha256: 'a'.repeat(64), weights: [], name: 'Street B0' },
  passes: [
    { pass: 'make-dynamic' },
    { pass: 'simplify' },
    { pass: 'fuse-layernorm', form: 'native' },
    { pass: 'fuse-layernorm', form: 'plugin', only: ['x'] },
    { pass: 'mask-output', size: 'input' },
  ],
  shapes: {
    min: { batch: 1, height: 256, width: 256 },
    opt: { batch: 1, height: 512, width: 512 },
    max: { batch: 4, height: 1024, width: 2048 },
  },
  precision: 'bf16',
  builder: {
    typing: 'strong',
    tf32: false,
    level: 3,
    workspaceBytes: null,
    versionCompatible: false,
    hardwareCompatibility: 'none',
    targets: [89],
  },
  runtime: { family: 'tensorrt-rtx', version: '1.7.1' },
  device: { kind: 'anywhere' },
});

describe('orderOf', () => {
  it('asks for what the studio does by itself when nothing was touched', () => {
    expect(buildOrderSchema.parse(orderOf(defaultDraft, []))).toEqual(buildOrderSchema.parse({}));
  });

  it('takes a range as it was typed', () => {
    expect(orderOf(range, [])?.shapes?.max).toEqual({ batch: 4, height: 1024, width: 2048 });
  });

  it('takes the one size three times for a static engine', () => {
    const order = orderOf({ ...range, shapes: 'static' }, []);
    expect(order?.shapes?.min).toEqual(order?.shapes?.max);
  });

  it('does not fuse a head that is not folded', () => {
    const order = orderOf({ ...defaultDraft, foldHead: false, plugins: ['head', 'mixffn'] }, []);
    expect(order?.plugins).toEqual(['mixffn']);
  });

  it('has nothing beside a recipe', () => {
    expect(orderOf(draftOfRecipe(recipe), [])).toEqual({ recipe, runtime: 'tensorrt-rtx' });
  });
});

describe('shapeProblem', () => {
  it.each<[string, Partial<BuildDraft>, string | null]>([
    ['a good range', {}, null],
    ['letters', { opt: shape('5l2') }, 'number'],
    ['nothing', { min: shape('') }, 'number'],
    ['a fraction', { max: shape('1024.5') }, 'number'],
    ['nought', { min: shape('0') }, 'number'],
    ['a minimum above the optimum', { min: shape('640') }, 'order'],
    ['a batch above the maximum', { opt: shape('512', '512', '8') }, 'order'],
    ['nonsense that is not read', { shapes: 'model', opt: shape('x') }, null],
    ['nonsense beside a static size', { shapes: 'static', min: shape('x') }, null],
  ])('%s', (_, change, problem) => {
    expect(shapeProblem({ ...range, ...change })).toBe(problem);
    expect(orderOf({ ...range, ...change }, []) === null).toBe(problem !== null);
  });

  it.each([
    [' 512 ', 512],
    ['1e3', null],
    ['-1', null],
    ['65537', null],
  ])('reads %s', (text, size) => expect(sizeOf(text)).toBe(size));
});

describe('draftOfRecipe', () => {
  it('shows what the recipe says', () => {
    expect(draftOfRecipe(recipe)).toMatchObject({
      foldHead: false,
      layerNorm: 'plugin',
      pluginOnly: ['x'],
      maskOutput: true,
      imageInput: false,
      shapes: 'range',
      precision: 'bf16',
      targets: [89],
      level: 3,
    });
  });
});

const eightBit = (calibration: Partial<BuildDraft['calibration']>): BuildDraft => ({
  ...defaultDraft,
  precision: 'int8',
  calibration: { ...defaultDraft.calibration, ...calibration },
});

describe('calibration', () => {
  it('is part of an order in 8 bits only', () => {
    expect(orderOf(defaultDraft, ['a'])).not.toHaveProperty('calibration');
    expect(orderOf(eightBit({}), ['a', 'b'])?.calibration).toMatchObject({ pictures: ['a', 'b'], count: 128, seed: 1 });
    expect(buildSteps(defaultDraft)).not.toContain('calibration');
    expect(buildSteps(eightBit({}))).toContain('calibration');
  });

  it.each<[string, Partial<BuildDraft['calibration']>]>([
    ['nothing on the strip', {}],
    ['no folder', { source: 'folder' }],
    ['no file', { source: 'file' }],
    ['no pictures', { source: 'folder', folder: '/p', count: '0' }],
    ['no layers in 8 bits', { source: 'folder', folder: '/p', kinds: [] }],
    ['letters', { source: 'folder', folder: '/p', seed: 'x' }],
  ])('waits with %s', (_, change) => {
    expect(orderOf(eightBit(change), [])).toBeNull();
    expect(roughOrderOf(eightBit(change))).not.toBeNull();
  });

  it('is the one that a recipe names, until pictures are given', () => {
    const statistics = 'b'.repeat(64);
    const step = { pass: 'quantize', format: 'int8', method: 'entropy', kinds: ['linear'], keep: ['x'], statistics };
    const quantized = recipeSchema.parse({ ...recipe, precision: 'int8', passes: [...recipe.passes, step] });
    const draft = draftOfRecipe(quantized);
    expect(draft.calibration).toMatchObject({ source: 'recipe', method: 'entropy', keep: ['x'], kinds: ['linear'] });
    expect(orderOf(draft, ['a'])).not.toHaveProperty('calibration');
    const anew = { ...draft, calibration: { ...draft.calibration, source: 'strip' as const } };
    expect(orderOf(anew, ['a'])).toMatchObject({ recipe: quantized, calibration: { pictures: ['a'] } });
  });
});

describe('layers in 8 bits', () => {
  it('are named in an order only where they were chosen', () => {
    expect(orderOf(eightBit({}), ['a'])?.calibration).not.toHaveProperty('kinds');
    const chosen = orderOf(eightBit({ kinds: ['linear', 'classifier'] }), ['a']);
    expect(chosen?.calibration).toMatchObject({ kinds: ['linear', 'classifier'] });
  });

  it('are part of a recipe: another choice leaves it, and keeps the rest of what it says', () => {
    const step = { pass: 'quantize', format: 'int8', method: 'entropy', keep: ['x'], statistics: 'b'.repeat(64) };
    const passes = [...recipe.passes, { ...step, kinds: ['linear', 'attention'] }];
    buildStore.setState({ draft: draftOfRecipe(recipeSchema.parse({ ...recipe, precision: 'int8', passes })) });
    changeCalibration({ count: '7' });
    expect(buildStore.getState().draft.recipe).not.toBeNull();
    changeCalibration({ kinds: ['linear'] });
    const { draft } = buildStore.getState();
    expect(draft).toMatchObject({ recipe: null, maskOutput: true, precision: 'int8' });
    expect(draft.calibration).toMatchObject({
      source: 'strip',
      method: 'entropy',
      keep: ['x'],
      kinds: ['linear'],
      count: '7',
    });
  });
});

describe('buildCommand', () => {
  it.each<[string, BuildDraft, string | null]>([
    ['defaults', defaultDraft, 'maskforge build net'],
    [
      'a range',
      { ...range, precision: 'fp16' },
      'maskforge build net --precision fp16 --min 1x3x256x256 --opt 1x3x512x512 --max 4x3x1024x2048',
    ],
    ['a wrong range', { ...range, min: shape('x') }, null],
    [
      'all fixes off, for two GPUs',
      {
        ...defaultDraft,
        precision: 'fp16',
        layerNorm: 'keep',
        foldHead: false,
        plugins: [],
        maskOutput: true,
        runtime: 'tensorrt-rtx',
        targets: [86, 120],
      },
      'maskforge build net --precision fp16 --layernorm keep --no-fold-head --plugins none --mask-output --runtime tensorrt-rtx --target sm_86,sm_120',
    ],
    [
      'a recipe',
      draftOfRecipe(recipe),
      'maskforge build net --recipe Street-B0-bf16.recipe.json --runtime tensorrt-rtx',
    ],
    ['8 bits from the film strip', eightBit({}), 'maskforge build net --precision int8 --calibrate /strip'],
    [
      '8 bits from a folder',
      eightBit({
        source: 'folder',
        folder: '/my pictures',
        count: '32',
        seed: '7',
        method: 'entropy',
        keep: ['a b', 'c'],
      }),
      "maskforge build net --precision int8 --calibrate '/my pictures' --count 32 --seed 7 --method entropy --keep 'a b;c'",
    ],
    [
      'other layers in 8 bits',
      eightBit({ keep: ['a'], kinds: ['linear', 'classifier'] }),
      'maskforge build net --precision int8 --calibrate /strip --keep a --layers linear,classifier',
    ],
    [
      '8 bits from a file',
      eightBit({ source: 'file', file: { path: '/kept/1.json', name: 'mine.json' } }),
      'maskforge build net --precision int8 --calibration mine.json',
    ],
  ])('%s', (_, draft, command) => expect(buildCommand('net', draft, '/strip')).toBe(command));

  it('quotes what a shell would take apart', () => {
    expect(buildCommand("my model's", { ...defaultDraft, precision: 'fp16' }, null)).toBe(
      String.raw`maskforge build 'my model'\''s' --precision fp16`,
    );
    expect(verifyCommand('ab12', '/my pictures')).toBe("maskforge verify ab12 --images '/my pictures'");
    expect(recipeFileName('街景 / B0', 'fp16')).toBe('街景-B0-fp16.recipe.json');
  });
});

describe('tuneCommand', () => {
  it('is the build with other words, and a target', () => {
    const draft = { ...eightBit({ count: '8', keep: ['a b'] }), layerNorm: 'keep' as const };
    expect(tuneCommand('net', draft, '/strip', 0.985)).toBe(
      "maskforge tune net --format int8 --layernorm keep --images /strip --count 8 --keep 'a b' --target-agreement 0.985",
    );
    expect(tuneCommand('net', draft, '/strip', null)).toBeNull();
    const layers = eightBit({ kinds: ['convolution'] });
    expect(tuneCommand('net', layers, '/strip', 0.9)).toContain('--images /strip --layers convolution --target');
    expect(tuneCommand('net', eightBit({ source: 'file' }), '/strip', 0.99)).toBeNull();
  });

  it('is followed by the build of a point', () => {
    const draft = { ...draftOfRecipe(recipe), tuned: { file: '/t/x.json', point: '3' } };
    expect(buildCommand('net', draft, null)).toBe(
      `maskforge build net --keep-from '/t/x.json#3' --runtime ${recipe.runtime.family}`,
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../../shared/domain/engine';
import { buildOrderSchema, recipeSchema } from '../../../shared/domain/engine';
import { buildCommand, recipeFileName, verifyCommand } from './build-command';
import type { BuildDraft } from './build-draft';
import { defaultDraft, draftOfRecipe, orderOf, shapeProblem, sizeOf } from './build-draft';

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
    expect(buildOrderSchema.parse(orderOf(defaultDraft))).toEqual(buildOrderSchema.parse({}));
  });

  it('takes a range as it was typed', () => {
    expect(orderOf(range)?.shapes?.max).toEqual({ batch: 4, height: 1024, width: 2048 });
  });

  it('takes the one size three times for a static engine', () => {
    const order = orderOf({ ...range, shapes: 'static' });
    expect(order?.shapes?.min).toEqual(order?.shapes?.max);
  });

  it('does not fuse a head that is not folded', () => {
    const order = orderOf({ ...defaultDraft, foldHead: false, plugins: ['head', 'mixffn'] });
    expect(order?.plugins).toEqual(['mixffn']);
  });

  it('has nothing beside a recipe', () => {
    expect(orderOf(draftOfRecipe(recipe))).toEqual({ recipe, runtime: 'tensorrt-rtx' });
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
    expect(orderOf({ ...range, ...change }) === null).toBe(problem !== null);
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

describe('buildCommand', () => {
  it.each<[string, BuildDraft, string | null]>([
    ['defaults', defaultDraft, 'maskforge build net --precision fp16'],
    ['a range', range, 'maskforge build net --precision fp16 --min 1x3x256x256 --opt 1x3x512x512 --max 4x3x1024x2048'],
    ['a wrong range', { ...range, min: shape('x') }, null],
    [
      'all fixes off, for two GPUs',
      {
        ...defaultDraft,
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
  ])('%s', (_, draft, command) => expect(buildCommand('net', draft)).toBe(command));

  it('quotes what a shell would take apart', () => {
    expect(buildCommand("my model's", defaultDraft)).toBe(String.raw`maskforge build 'my model'\''s' --precision fp16`);
    expect(verifyCommand('ab12', '/my pictures')).toBe("maskforge verify ab12 --images '/my pictures'");
    expect(recipeFileName('街景 / B0', 'fp16')).toBe('街景-B0-fp16.recipe.json');
  });
});

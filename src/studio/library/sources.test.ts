import { describe, expect, it } from 'vitest';
import type { ModelInput, Preprocessing } from '../../shared/domain/model';
import { preprocessingSchema } from '../../shared/domain/model';
import { labelsFromConfig, preprocessingFromProcessor } from './huggingface';
import { parseLoosely, readMetadata } from './onnx-metadata';
import type { ModelEvidence } from './resolve-model';
import { resolveModel } from './resolve-model';

const dynamic: ModelInput = {
  name: 'pixel_values',
  layout: 'NCHW',
  type: 'float32',
  batch: null,
  channels: 3,
  height: null,
  width: null,
};
const fixed: ModelInput = { ...dynamic, height: 512, width: 1024 };
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** As transformers' SegformerImageProcessor saves itself. */
const processor = {
  image_processor_type: 'SegformerImageProcessor',
  do_resize: true,
  size: { height: 512, width: 1024 },
  resample: 2,
  do_rescale: true,
  rescale_factor: 0.00392156862745098,
  do_normalize: true,
  image_mean: IMAGENET.mean,
  image_std: IMAGENET.std,
  do_reduce_labels: false,
};

describe('preprocessingFromProcessor', () => {
  it.each<[string, object, Partial<Preprocessing>]>([
    ['the current processor', processor, { size: { mode: 'stretch', width: 1024, height: 512 }, scale: 1 / 255 }],
    [
      'the older feature extractor: a number for the size, no rescale keys',
      {
        feature_extractor_type: 'SegformerFeatureExtractor',
        size: 640,
        resample: 2,
        image_mean: IMAGENET.mean,
        image_std: IMAGENET.std,
      },
      { size: { mode: 'stretch', width: 640, height: 640 }, scale: 1 / 255, mean: [0.485, 0.456, 0.406] },
    ],
    ['no rescaling', { ...processor, do_rescale: false }, { scale: 1 }],
    ['another factor', { ...processor, rescale_factor: 1 / 127.5 }, { scale: 1 / 127.5 }],
    ['no normalising', { ...processor, do_normalize: false }, { mean: [0, 0, 0], std: [1, 1, 1] }],
    [
      'one mean for all channels',
      { ...processor, image_mean: 0.5, image_std: [0.25] },
      { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    ],
    ['nearest', { ...processor, resample: 0 }, { resample: 'nearest' }],
    ['bicubic', { ...processor, resample: 3 }, { resample: 'bicubic' }],
    ['BGR', { ...processor, do_flip_channel_order: true }, { channelOrder: 'bgr' }],
    ['no resizing', { ...processor, do_resize: false }, { size: { mode: 'native', multipleOf: 32, maxSide: 2048 } }],
    [
      'the longest edge',
      { ...processor, size: { longest_edge: 800 } },
      { size: { mode: 'pad', width: 800, height: 800, fill: [0, 0, 0] } },
    ],
  ])('reads %s', (_what, json, expected) => {
    const { preprocessing, warnings } = preprocessingFromProcessor({ ...json }, dynamic);
    expect(preprocessing).toMatchObject(expected);
    expect(preprocessingSchema.safeParse(preprocessing).success).toBe(true);
    expect(warnings).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['the shortest edge', { ...processor, size: { shortest_edge: 256 } }, /shortest side to 256/],
    ['Lanczos', { ...processor, resample: 1 }, /Lanczos/],
    ['an unknown filter', { ...processor, resample: 5 }, /filter 5/],
    ['an unusable size', { ...processor, size: { width: -1 } }, /no usable size/],
    ['an unusable mean', { ...processor, image_mean: ['a', 'b', 'c'] }, /image_mean/],
    ['a deviation of zero', { ...processor, image_std: [0, 0, 0] }, /image_std/],
    ['an empty file', {}, /no usable size/],
  ])('warns of %s and stays usable', (_what, json, warning) => {
    const { preprocessing, warnings } = preprocessingFromProcessor({ ...json }, dynamic);
    expect(warnings.map(({ message }) => message).join('\n')).toMatch(warning);
    expect(preprocessingSchema.safeParse(preprocessing).success).toBe(true);
  });
});

describe('labelsFromConfig', () => {
  it('orders by id, and takes the colours of a dataset it knows', () => {
    const labels = labelsFromConfig({ id2label: { '10': 'k', '2': 'c' } });
    expect(labels?.map(({ id, name }) => [id, name])).toEqual([
      [2, 'c'],
      [10, 'k'],
    ]);
  });

  it.each([
    [{}],
    [{ id2label: null }],
    [{ id2label: { a: 'x' } }],
    [{ id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } }],
    [{ id2label: { 70000: 'x' } }],
  ])('finds none in %j', (config) => expect(labelsFromConfig(config)).toBeNull());
});

describe('readMetadata', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['a JSON list', { class_names: '["a","b"]' }, ['0 a', '1 b']],
    ['a JSON object', { id2label: '{"1":"b","0":"a"}' }, ['0 a', '1 b']],
    ['a Python dict', { names: "{0: 'person', 1: \"driver's seat\"}" }, ['0 person', "1 driver's seat"]],
    ['a comma-separated list', { labels: 'sky, road' }, ['0 sky', '1 road']],
    ['ours before others', { 'maskforge.labels': '["x"]', names: '["y"]' }, ['0 x']],
  ])('reads labels from %s', (_what, metadata, expected) => {
    expect(readMetadata(metadata, dynamic).labels?.map(({ id, name }) => `${id} ${name}`)).toEqual(expected);
  });

  it.each<[string, Record<string, string>, Partial<Preprocessing>]>([
    ['mean and std of 0–1', { mean: '[0.5,0.5,0.5]', std: '[0.2,0.2,0.2]' }, { scale: 1 / 255, mean: [0.5, 0.5, 0.5] }],
    [
      'mean and std of bytes',
      { mean: '[123.7, 116.3, 103.5]', std: '(58.4, 57.1, 57.4)' },
      { scale: 1, std: [58.4, 57.1, 57.4] },
    ],
    [
      'a tiled network',
      { standardization_mean: '[0,0,0]', standardization_std: '[1,1,1]', tiles_size: '512', tiles_overlap: '10' },
      { size: { mode: 'tile', width: 512, height: 512, overlap: 51 } },
    ],
    [
      'ours',
      {
        'maskforge.preprocessing':
          '{"size":{"mode":"stretch","width":8,"height":8},"scale":1,"mean":[0,0,0],"std":[1,1,1]}',
      },
      { size: { mode: 'stretch', width: 8, height: 8 } },
    ],
  ])('reads preprocessing from %s', (_what, metadata, expected) => {
    expect(readMetadata(metadata, dynamic).preprocessing).toMatchObject(expected);
  });

  it.each(['', '{', "{0: 'a'", 'import os', '[1,2', '{"__proto__": 1}'])('makes nothing of %j', (value) => {
    const facts = readMetadata({ names: value, mean: value, std: value, 'maskforge.preprocessing': value }, dynamic);
    expect([facts.labels, facts.preprocessing]).toEqual([null, null]);
  });

  it('reads no code', () => expect(parseLoosely("__import__('os')")).toBeNull());
});

describe('resolveModel', () => {
  const evidence: ModelEvidence = {
    graph: {
      irVersion: 8,
      opset: 13,
      producer: '',
      input: fixed,
      outputs: [{ name: 'logits', kind: 'logits', layout: 'NCHW', classes: 2 }],
      metadata: {},
      notes: [],
    },
    user: {},
    manifest: null,
    config: null,
    processor: null,
  };
  const metadata = { names: '["m0","m1"]', mean: '[0.1,0.1,0.1]', std: '[0.1,0.1,0.1]' };
  const config = { id2label: { 0: 'h0', 1: 'h1' } };
  const user = {
    labels: [{ id: 0, name: 'u0', color: [1, 2, 3] as [number, number, number] }],
    preprocessing: {
      size: { mode: 'stretch' as const, width: 1024, height: 512 },
      resample: 'nearest' as const,
      channelOrder: 'bgr' as const,
      scale: 1,
      mean: [0, 0, 0] as [number, number, number],
      std: [1, 1, 1] as [number, number, number],
    },
  };
  const manifest = {
    file: 'model.json',
    content: {
      format: 1 as const,
      name: 'x',
      labels: [{ id: 0, name: 'j0', color: [0, 0, 0] as [number, number, number] }],
    },
  };
  const withMetadata = { ...evidence.graph, metadata };

  it.each<[string, Partial<ModelEvidence>, string, string, string]>([
    ['nothing', {}, 'class 0', 'assumed', 'assumed'],
    ['Hugging Face', { config, processor }, 'h0', 'huggingface', 'huggingface'],
    [
      'metadata before Hugging Face',
      { config, processor, graph: withMetadata },
      'm0',
      'onnx-metadata',
      'onnx-metadata',
    ],
    [
      'model.json before metadata, each part for itself',
      { manifest, graph: withMetadata },
      'j0',
      'manifest',
      'onnx-metadata',
    ],
    ['the user before all', { user, manifest, graph: withMetadata, config, processor }, 'u0', 'user', 'user'],
  ])('reads from %s', (_what, part, first, labelsSource, preprocessingSource) => {
    const resolved = resolveModel({ ...evidence, ...part });
    expect(resolved).toMatchObject({ labelsSource, preprocessingSource });
    expect(resolved.labels.map(({ name }) => name)[0]).toBe(first);
    expect(resolved.labels).toHaveLength(2);
  });

  it('says in words what it assumed', () => {
    const resolved = resolveModel(evidence);
    expect(resolved.preprocessing).toMatchObject({ size: { width: 1024, height: 512 }, scale: 1 / 255, ...IMAGENET });
    expect(resolved.warnings.map(({ message }) => message).join(' ')).toMatch(/stretched to 1024x512 .*ImageNet/);
    const open = resolveModel({ ...evidence, graph: { ...evidence.graph, input: dynamic } });
    expect(open.preprocessing.size).toEqual({ mode: 'stretch', width: 512, height: 512 });
  });

  it("bends Hugging Face's size and labels to the graph, and says so", () => {
    const other = { ...processor, size: 224 };
    const more = { id2label: { 0: 'a', 1: 'b', 2: 'c' } };
    const resolved = resolveModel({ ...evidence, config: more, processor: other });
    expect(resolved.preprocessing.size).toEqual({ mode: 'stretch', width: 1024, height: 512 });
    expect(resolved.labels.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(resolved.warnings.map(({ message }) => message).join(' ')).toMatch(/224x224.*1024x512/);
  });

  it('drops what the user chose for another graph', () => {
    const narrow = {
      ...user,
      preprocessing: { ...user.preprocessing, size: { mode: 'stretch' as const, width: 9, height: 9 } },
    };
    const resolved = resolveModel({ ...evidence, user: narrow });
    expect(resolved.preprocessingSource).toBe('assumed');
    expect(resolved.warnings.map(({ message }) => message).join(' ')).toMatch(/no longer fits/);
  });
});

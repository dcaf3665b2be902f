import { describe, expect, it } from 'vitest';
import { findContradictions } from './contradictions';
import type { GraphDescription } from './graph-description';
import { parseManifest } from './manifest';
import { resolveModel } from './resolve-model';

const FILE = '/models/street/model.json';
const road = { id: 0, name: 'road', color: [128, 64, 128] };
const stretch = { mode: 'stretch', width: 64, height: 32 };
const preprocessing = { size: stretch, scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const whole = { format: 1, name: 'Street', labels: [road], preprocessing, output: { kind: 'logits' } };

const graph: GraphDescription = {
  irVersion: 8,
  opset: 13,
  producer: 'pytorch',
  input: { name: 'x', layout: 'NCHW', type: 'float32', batch: null, channels: 3, height: 32, width: 64 },
  outputs: [
    { name: 'logits', kind: 'logits', layout: 'NCHW', classes: 3 },
    { name: 'aux', kind: 'class-ids', classes: null },
  ],
  metadata: {},
  notes: [],
};

describe('parseManifest', () => {
  it('reads a whole one, with defaults filled in', () => {
    expect(parseManifest(JSON.stringify(whole), FILE)).toMatchObject({
      preprocessing: { resample: 'bilinear', channelOrder: 'rgb' },
    });
  });

  it.each<[string, unknown, string, RegExp, RegExp]>([
    ['an unknown key', { ...whole, preprocesing: {} }, 'preprocesing', /no key/, /Did you mean "preprocessing"/],
    ['a nested unknown key', { ...whole, output: { kind: 'logits', nam: 'x' } }, 'output.nam', /no key/, /"name"/],
    ['an unknown key like nothing', { ...whole, wolpertinger: 1 }, 'wolpertinger', /no key/, /^Remove "wolpertinger"/],
    ['a wrong type', { ...whole, name: 7 }, 'name', /expected string, received number/, /Correct "name"/],
    ['a missing key', { format: 1 }, 'name', /expected string/, /models\.md/],
    ['another format', { ...whole, format: 2 }, 'format', /expected 1/, /models\.md/],
    [
      'a colour of two numbers',
      { ...whole, labels: [{ ...road, color: [1, 2] }] },
      'labels[0].color',
      /\w/,
      /labels\[0\]/,
    ],
    ['a colour past 255', { ...whole, labels: [{ ...road, color: [1, 2, 256] }] }, 'labels[0].color[2]', /255/, /\w/],
    ['a class given twice', { ...whole, labels: [road, { ...road, name: 'x' }] }, 'labels[1].id', /twice/, /own id/],
    [
      'a deviation of zero',
      { ...whole, preprocessing: { ...preprocessing, std: [0, 1, 1] } },
      'preprocessing.std[0]',
      />0/,
      /\w/,
    ],
    [
      'an unknown size mode',
      { ...whole, preprocessing: { ...preprocessing, size: { mode: 'crop' } } },
      'preprocessing.size.mode',
      /\w/,
      /\w/,
    ],
    ['a file outside', { ...whole, file: '../other.onnx' }, 'file', /leads out/, /beside model\.json/],
    ['an absolute file', { ...whole, file: '/etc/passwd' }, 'file', /leads out/, /\w/],
    ['a list', [], '', /expected object/, /the file/],
  ])('names file, key and remedy for %s', (_what, content, key, message, hint) => {
    const read = (): unknown => parseManifest(JSON.stringify(content), FILE);
    expect(read).toThrow(
      expect.objectContaining({
        code: 'MODEL_MANIFEST_INVALID',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
        details: { file: FILE, key },
      }),
    );
    expect(read).toThrow(FILE);
  });

  it.each(['', '{', '{"a":1,}', 'hello', '{"format":1,\n"name":}'])('refuses %j as JSON', (text) => {
    expect(() => parseManifest(text, FILE)).toThrow(
      expect.objectContaining({ code: 'MODEL_MANIFEST_INVALID', message: expect.stringContaining(FILE) }),
    );
  });
});

describe('a model.json that contradicts its network', () => {
  it.each<[string, object, string, RegExp]>([
    [
      'a class too many',
      { labels: [{ id: 3, name: 'car', color: [0, 0, 0] }] },
      'labels[0].id',
      /3 classes apart, 0 to 2/,
    ],
    [
      'another size',
      { preprocessing: { ...preprocessing, size: { ...stretch, width: 65 } } },
      'preprocessing.size',
      /64x32/,
    ],
    [
      'no fixed size',
      { preprocessing: { ...preprocessing, size: { mode: 'native', maxSide: 2048 } } },
      'preprocessing.size',
      /64x32/,
    ],
    ['another kind', { output: { kind: 'class-ids' } }, 'output.kind', /holds logits/],
    ['an output that is not there', { output: { kind: 'logits', name: 'nope' } }, 'output.name', /logits, aux/],
  ])('is refused for %s', (_what, part, key, message) => {
    const content = parseManifest(JSON.stringify({ format: 1, name: 'x', ...part }), FILE);
    const resolve = (): unknown =>
      resolveModel({ graph, user: {}, manifest: { file: FILE, content }, config: null, processor: null });
    expect(resolve).toThrow(
      expect.objectContaining({
        code: 'MODEL_MANIFEST_CONTRADICTS',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/\w/),
        details: { file: FILE, key },
      }),
    );
  });

  it('may name any output, and fewer classes than there are', () => {
    const content = parseManifest(JSON.stringify({ ...whole, output: { kind: 'class-ids', name: 'aux' } }), FILE);
    const resolved = resolveModel({
      graph,
      user: {},
      manifest: { file: FILE, content },
      config: null,
      processor: null,
    });
    expect(resolved.output.name).toBe('aux');
    const fewer = { ...whole, labels: [{ ...road, id: 1 }] };
    const second = resolveModel({
      graph,
      user: {},
      manifest: { file: FILE, content: parseManifest(JSON.stringify(fewer), FILE) },
      config: null,
      processor: null,
    });
    expect(second.labels.map(({ id, name }) => `${id} ${name}`)).toEqual(['0 class 0', '1 road', '2 class 2']);
    expect(second.warnings.map(({ message }) => message).join()).toMatch(
      /names 1 classes, and the network tells 3 apart/,
    );
  });

  it('may not normalise for a network that takes bytes', () => {
    const bytes: GraphDescription = { ...graph, input: { ...graph.input, type: 'uint8' } };
    const content = parseManifest(JSON.stringify(whole), FILE);
    expect(findContradictions(content, bytes).map(({ key }) => key)).toEqual(['preprocessing']);
  });
});

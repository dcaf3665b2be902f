import { equals, toBinary } from '@bufbuild/protobuf';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataType } from './data-type';
import { ModelProtoSchema } from './generated/onnx_pb';
import { modelFromBytes, openModel } from './model';
import { modelToBytes, saveModel } from './model-write';
import { emptyModel } from './passes/test-support';
import { makeTensor } from './tensor';

const MODELS = join(__dirname, '../../tools/fixtures/models');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maskforge-model-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const coded = (code: string): Error => expect.objectContaining({ name: 'AppError', code }) as Error;

describe('a round trip loses nothing', () => {
  const files = ['small', 'odd'].flatMap((name) =>
    readdirSync(join(MODELS, name)).flatMap((file) => (file.endsWith('.onnx') ? [join(name, file)] : [])),
  );
  test.each(files)('%s', async (file) => {
    const original = await openModel(join(MODELS, file)).catch(() => undefined);
    if (original === undefined) return;
    const path = join(folder, 'copy.onnx');
    await saveModel(original, path);
    const copy = await openModel(path);
    if (file.endsWith('external.onnx')) {
      const [one, two] = [original, copy].map(({ graph }) => graph.constant('weight'));
      expect(Buffer.compare(one?.bytes ?? new Uint8Array(1), two?.bytes ?? new Uint8Array())).toBe(0);
    } else expect(equals(ModelProtoSchema, copy.proto, original.proto)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  test('fields of a newer format version are kept, at every level', async () => {
    const bytes = new Uint8Array(readFileSync(join(MODELS, 'odd/channels.onnx')));
    // Field 500, text "new": at the end of the model, and inside the first node.
    const model = modelFromBytes(Uint8Array.of(...bytes, 0xa2, 0x1f, 3, 0x6e, 0x65, 0x77));
    const [node] = model.graph.nodes;
    if (node !== undefined) node.$unknown = [{ no: 501, wireType: 0, data: Uint8Array.of(42) }];
    const copy = modelFromBytes(modelToBytes(model));
    expect(copy.proto.$unknown?.map(({ no }) => no)).toEqual([500]);
    expect(copy.graph.nodes[0]?.$unknown?.[0]).toMatchObject({ no: 501, data: Uint8Array.of(42) });
  });

  test('weights are views of the file, not copies', () => {
    const bytes = new Uint8Array(readFileSync(join(MODELS, 'odd/many-classes.onnx')));
    const model = modelFromBytes(bytes);
    for (const tensor of model.graph.initializers.values()) expect(tensor.rawData.buffer).toBe(bytes.buffer);
  });
});

describe('opening without the weights', () => {
  /** A convolution whose weight is large enough to stay in the file, and a bias that is not. */
  async function writeLarge(): Promise<string> {
    const model = emptyModel(17);
    const { graph } = model;
    graph.addInput('x', DataType.FLOAT, [1, 64, 8, 8]);
    const weight = Float32Array.from({ length: 64 * 64 * 9 }, (_, index) => Math.sin(index));
    graph.setInitializer(makeTensor('weight', DataType.FLOAT, [64, 64, 3, 3], weight));
    graph.setInitializer(makeTensor('bias', DataType.FLOAT, [64], weight.slice(0, 64)));
    graph.addNode('Conv', ['x', 'weight', 'bias'], { outputs: ['y'] });
    graph.addOutput('y', DataType.FLOAT, [1, 64, 6, 6]);
    const path = join(folder, 'large.onnx');
    await saveModel(model, path);
    return path;
  }

  test('large weights stay in the file until they are asked for, and nothing else is different', async () => {
    const path = await writeLarge();
    const [whole, lazy] = [await openModel(path), await openModel(path, { weights: 'lazy' })];
    const tensor = lazy.graph.initializers.get('weight');
    expect(tensor?.rawData.length).toBe(0);
    expect(lazy.graph.initializers.get('bias')?.rawData.length).toBe(256);
    const [expected, actual] = [whole, lazy].map(({ graph }) => graph.constant('weight')?.bytes ?? new Uint8Array());
    expect(expected?.length).toBe(147456);
    expect(Buffer.compare(expected ?? new Uint8Array(), actual ?? new Uint8Array())).toBe(0);
    expect(equals(ModelProtoSchema, modelFromBytes(modelToBytes(lazy)).proto, whole.proto)).toBe(true);
  });

  test('it is saved as one file, also in the place of the one that it reads from', async () => {
    const path = await writeLarge();
    const whole = await openModel(path);
    const lazy = await openModel(path, { weights: 'lazy' });
    await saveModel(lazy, path);
    lazy.close();
    expect(readdirSync(folder)).toEqual(['large.onnx']);
    expect(equals(ModelProtoSchema, (await openModel(path)).proto, whole.proto)).toBe(true);
  });

  test.each(['channels.onnx', 'external.onnx', 'local-function.onnx', 'subgraph.onnx', 'tiny-unet.onnx'])(
    '%s',
    async (file) => {
      const path = join(MODELS, 'odd', file);
      const [whole, lazy] = [await openModel(path), await openModel(path, { weights: 'lazy' })];
      expect(equals(ModelProtoSchema, lazy.proto, whole.proto)).toBe(true);
    },
  );

  test.each(['truncated.onnx', 'not-onnx.onnx', 'empty.onnx', 'wrong-initializer-size.onnx'])(
    '%s fails as it does when it is read whole',
    async (file) => {
      const path = join(MODELS, 'odd', file);
      const [one, two] = await Promise.allSettled([openModel(path), openModel(path, { weights: 'lazy' })]);
      expect(one?.status).toBe('rejected');
      expect(two).toEqual(one);
    },
  );
});

describe('files that are no models', () => {
  test.each([
    ['empty.onnx', 'ONNX_EMPTY_FILE'],
    ['not-onnx.onnx', 'ONNX_NOT_ONNX'],
    ['truncated.onnx', 'ONNX_TRUNCATED'],
    ['cycle.onnx', 'ONNX_CYCLE'],
    ['dangling-input.onnx', 'ONNX_DANGLING_INPUT'],
    ['wrong-initializer-size.onnx', 'ONNX_INITIALIZER_SIZE'],
    ['external-missing.onnx', 'ONNX_EXTERNAL_MISSING'],
    ['external-escape.onnx', 'ONNX_EXTERNAL_ESCAPES'],
    ['opset-6.onnx', 'ONNX_OPSET_UNSUPPORTED'],
    ['opset-99.onnx', 'ONNX_OPSET_UNSUPPORTED'],
    ['no-such-file.onnx', 'FILE_NOT_FOUND'],
  ])('%s: %s', async (file, code) => {
    await expect(openModel(join(MODELS, 'odd', file))).rejects.toThrow(coded(code));
  });

  test.each(['Hello, world. This is a text file, not a model.\n', '{"format": 1}', '\u0089PNG\r\n', 'GIF89a'])(
    'text and pictures: %j',
    (text) => {
      expect(() => modelFromBytes(Buffer.from(text, 'latin1'))).toThrow(
        /is (not an ONNX model|damaged|incomplete)|ends early/,
      );
    },
  );

  test('an IR version from the future', () => {
    const model = emptyModel(17);
    model.proto.irVersion = 99n;
    expect(() => modelFromBytes(toBinary(ModelProtoSchema, model.proto))).toThrow(coded('ONNX_IR_UNSUPPORTED'));
  });
});

describe('external data', () => {
  /** One weight of 300 floats, large enough to go to a file of its own. */
  const weights = Float32Array.from({ length: 300 }, (_, index) => index / 7);

  async function writeExternalModel(): Promise<string> {
    const model = emptyModel(17);
    model.graph.setInitializer(makeTensor('weight', DataType.FLOAT, [300], weights));
    model.graph.addInput('x', DataType.FLOAT, [300]);
    model.graph.addNode('Add', ['x', 'weight'], { outputs: ['y'] });
    model.graph.addOutput('y', DataType.FLOAT, [300]);
    const path = join(folder, 'model.onnx');
    await saveModel(model, path, { weights: 'external' });
    return path;
  }

  test('weights go to a file beside the model and come back', async () => {
    const path = await writeExternalModel();
    expect(readFileSync(`${path}.data`).length).toBe(1200);
    const model = await openModel(path);
    const constant = model.graph.constant('weight');
    expect(Buffer.from(constant?.bytes ?? []).equals(Buffer.from(weights.buffer))).toBe(true);
    await saveModel(model, join(folder, 'inline.onnx'), { weights: 'inline' });
    const inline = await openModel(join(folder, 'inline.onnx'));
    expect(inline.graph.initializers.get('weight')?.rawData.length).toBe(1200);
    expect(inline.graph.initializers.get('weight')?.externalData).toEqual([]);
  });

  test('a model written over itself keeps its weights', async () => {
    const path = await writeExternalModel();
    const model = await openModel(path);
    await saveModel(model, path);
    model.close();
    const again = await openModel(path);
    expect(Buffer.from(again.graph.constant('weight')?.bytes ?? []).equals(Buffer.from(weights.buffer))).toBe(true);
  });

  test('a link out of the folder is an escape too', async () => {
    const path = await writeExternalModel();
    const outside = mkdtempSync(join(tmpdir(), 'maskforge-outside-'));
    writeFileSync(join(outside, 'secret'), Buffer.alloc(1200));
    rmSync(`${path}.data`);
    symlinkSync(join(outside, 'secret'), `${path}.data`);
    await expect(openModel(path)).rejects.toThrow(coded('ONNX_EXTERNAL_ESCAPES'));
    rmSync(outside, { recursive: true });
  });

  test('a folder, and a file that is too short, are refused', async () => {
    const path = await writeExternalModel();
    writeFileSync(`${path}.data`, Buffer.alloc(1199));
    await expect(openModel(path)).rejects.toThrow(coded('ONNX_TRUNCATED'));
    rmSync(`${path}.data`);
    mkdirSync(`${path}.data`);
    await expect(openModel(path)).rejects.toThrow(coded('ONNX_EXTERNAL_MISSING'));
  });

  test('where writing fails, nothing is left and the old file stays', async () => {
    const path = await writeExternalModel();
    const before = readFileSync(path);
    const model = await openModel(path);
    rmSync(`${path}.data`);
    model.close();
    await expect(saveModel(model, path)).rejects.toThrow(coded('ONNX_EXTERNAL_MISSING'));
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['model.onnx']);
    await expect(saveModel(model, join(folder, 'no/such/folder.onnx'))).rejects.toThrow();
  });
});

import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { ModelSummary } from '../../shared/domain/model';
import { modelSummarySchema } from '../../shared/domain/model';
import { afterThisTest, oddModels, temporaryFolder } from '../hub/testing';
import { ModelLibrary } from './model-library';

interface Place {
  readonly root: string;
  readonly data: string;
  readonly resources: string;
  open(onChange?: (models: ModelSummary[]) => void): ModelLibrary;
  /** Copies a fixture to a place below the root. */
  put(fixture: string, to: string): string;
  write(path: string, content: unknown): string;
}

function place(): Place {
  const root = temporaryFolder();
  const data = join(root, 'data');
  const resources = join(root, 'resources');
  const write = (path: string, content: unknown): string => {
    const file = join(root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(
      file,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
    return file;
  };
  return {
    root,
    data,
    resources,
    write,
    put: (fixture, to) => write(to, readFileSync(join(oddModels, fixture))),
    open: (onChange) => {
      const library = new ModelLibrary({
        dataDirectory: data,
        resourcesDirectory: resources,
        ...(onChange ? { onChange } : {}),
      });
      afterThisTest(() => library.close());
      return library;
    },
  };
}

const manifest = { format: 1, name: 'Three Classes', labels: [{ id: 0, name: 'red', color: [255, 0, 0] }] };

describe('ModelLibrary', () => {
  it('adds a file, keeps it over a restart under the same id, and forgets it without deleting it', async () => {
    const here = place();
    const path = here.put('channels.onnx', 'mine/street net.onnx');
    const added = await here.open().add(path);
    expect(modelSummarySchema.parse(added)).toMatchObject({ id: 'street-net', name: 'street net', path, opset: 13 });
    const later = here.open();
    expect(await later.list()).toEqual([added]);
    expect((await later.add(path)).id).toBe('street-net');
    expect(await later.get('street-net')).toEqual(added);
    await later.remove('street-net');
    expect(await here.open().list()).toEqual([]);
    expect(readFileSync(path).length).toBe(198);
    await expect(later.get('street-net')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('shows the bundled models first; they cannot be removed, but configured', async () => {
    const here = place();
    here.put('channels.onnx', 'resources/models/zebra/net.onnx');
    here.write('resources/models/zebra/model.json', { ...manifest, name: 'Zebra' });
    here.write('resources/models/README.md', '');
    const library = here.open();
    await library.add(here.put('class-ids.onnx', 'mine/aardvark.onnx'));
    const list = await library.list();
    expect(list.map(({ id, bundled }) => [id, bundled])).toEqual([
      ['zebra', true],
      ['aardvark', false],
    ]);
    await expect(library.remove('zebra')).rejects.toMatchObject({ code: 'MODEL_BUNDLED' });
    const labels = [{ id: 0, name: 'stripe', color: [0, 0, 0] as [number, number, number] }];
    await library.configure('zebra', { labels });
    expect((await here.open().get('zebra')).labels[0]?.name).toBe('stripe');
  });

  it.each([
    ['a folder with one network', { 'm/net.onnx': 'channels.onnx' }, {}, 'm', 'net', 'assumed'],
    [
      'a model.json',
      { 'm/a.onnx': 'channels.onnx', 'm/b.onnx': 'class-ids.onnx' },
      { 'm/model.json': { ...manifest, file: 'a.onnx' } },
      'm/model.json',
      'Three Classes',
      'manifest',
    ],
    [
      'a folder whose model.json names the file',
      { 'm/a.onnx': 'channels.onnx', 'm/b.onnx': 'class-ids.onnx' },
      { 'm/model.json': { ...manifest, file: 'a.onnx' } },
      'm',
      'Three Classes',
      'manifest',
    ],
    [
      "Hugging Face's layout",
      { 'm/onnx/model.onnx': 'channels.onnx', 'm/onnx/model_fp16.onnx': 'float16.onnx' },
      { 'm/config.json': { id2label: { 0: 'a', 1: 'b', 2: 'c' } } },
      'm',
      'm',
      'huggingface',
    ],
    [
      'a variant in it',
      { 'm/onnx/model_fp16.onnx': 'float16.onnx' },
      { 'm/config.json': { id2label: { 0: 'a', 1: 'b', 2: 'c' } } },
      'm/onnx/model_fp16.onnx',
      'm fp16',
      'huggingface',
    ],
    [
      'a file beside its config',
      { 'm/net.onnx': 'channels.onnx' },
      { 'm/config.json': { id2label: { 0: 'a', 1: 'b', 2: 'c' } } },
      'm/net.onnx',
      'net',
      'huggingface',
    ],
    [
      'a file whose neighbour model.json is about another',
      { 'm/a.onnx': 'channels.onnx', 'm/b.onnx': 'class-ids.onnx' },
      { 'm/model.json': { ...manifest, file: 'b.onnx' } },
      'm/a.onnx',
      'a',
      'assumed',
    ],
  ])('finds the network of %s', async (_what, networks, jsons, path, name, labelsSource) => {
    const here = place();
    for (const [to, fixture] of Object.entries(networks)) here.put(fixture, to);
    for (const [to, content] of Object.entries(jsons)) here.write(to, content);
    expect(await here.open().add(join(here.root, path))).toMatchObject({ name, labelsSource });
  });

  it("finds the labels of a file that is a link, as in Hugging Face's cache", async () => {
    const here = place();
    const blob = here.put('channels.onnx', 'cache/blobs/0123');
    here.write('cache/snapshots/abc/config.json', { id2label: { 0: 'a', 1: 'b', 2: 'c' } });
    mkdirSync(join(here.root, 'cache/snapshots/abc/onnx'));
    symlinkSync(blob, join(here.root, 'cache/snapshots/abc/onnx/model.onnx'));
    const model = await here.open().add(join(here.root, 'cache/snapshots/abc'));
    expect(model.labels.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, Record<string, string>, string, string, RegExp]>([
    ['nothing there', {}, 'absent.onnx', 'FILE_NOT_FOUND', /absent\.onnx/],
    ['a folder without a network', { 'm/readme.txt': 'x' }, 'm', 'MODEL_NO_ONNX', /\/m\b/],
    ['a folder with two', { 'm/a.onnx': 'x', 'm/b.onnx': 'y' }, 'm', 'MODEL_AMBIGUOUS', /a\.onnx, b\.onnx/],
    ['an empty file', { 'e.onnx': '' }, 'e.onnx', 'ONNX_EMPTY_FILE', /e\.onnx/],
    [
      'a text file',
      { 't.onnx': 'this is a text and no network, whatever its name says' },
      't.onnx',
      'ONNX_NOT_ONNX',
      /t\.onnx/,
    ],
    ['a broken model.json', { 'm/a.onnx': 'x', 'm/model.json': '{' }, 'm', 'MODEL_MANIFEST_INVALID', /model\.json/],
    [
      'a model.json about nothing',
      { 'm/model.json': '{"format":1,"name":"x","file":"no.onnx"}' },
      'm',
      'MODEL_MANIFEST_CONTRADICTS',
      /no\.onnx/,
    ],
  ])('refuses %s', async (_what, files, path, code, message) => {
    const here = place();
    for (const [to, content] of Object.entries(files)) here.write(to, content);
    const library = here.open();
    const adding = library.add(join(here.root, path));
    await expect(adding).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/\w/),
    });
    expect(await library.list()).toEqual([]);
  });

  it('refuses a model.json that contradicts the network, and keeps the list whole when it comes later', async () => {
    const here = place();
    const path = here.put('channels-static.onnx', 'm/net.onnx');
    const library = here.open();
    await library.add(path);
    const size = { mode: 'stretch', width: 1024, height: 1024 };
    const preprocessing = { size, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
    here.write('m/model.json', { ...manifest, preprocessing });
    await expect(library.get('net')).rejects.toMatchObject({ code: 'MODEL_MANIFEST_CONTRADICTS' });
    await expect(library.add(path)).rejects.toMatchObject({ code: 'MODEL_MANIFEST_CONTRADICTS' });
    const [listed] = await library.list();
    expect(listed).toMatchObject({
      id: 'net',
      warnings: [{ code: 'MODEL_MANIFEST_CONTRADICTS' }, { code: 'labels-unknown' }, { code: 'preprocessing-assumed' }],
    });
  });

  it('keeps what the user chose, and refuses what the network cannot do', async () => {
    const here = place();
    const library = here.open();
    const { id, preprocessing } = await library.add(here.put('channels-static.onnx', 'net.onnx'));
    const chosen = { ...preprocessing, channelOrder: 'bgr' as const };
    expect(await library.configure(id, { preprocessing: chosen })).toMatchObject({
      preprocessing: { channelOrder: 'bgr' },
      preprocessingSource: 'user',
      labelsSource: 'assumed',
    });
    const wrong = { ...chosen, size: { mode: 'native' as const, multipleOf: 32, maxSide: 512 } };
    await expect(library.configure(id, { preprocessing: wrong })).rejects.toMatchObject({
      code: 'MODEL_SETTINGS_CONTRADICT',
    });
    expect((await here.open().get(id)).preprocessing.channelOrder).toBe('bgr');
    expect(readdirSync(here.root).sort()).toEqual(['data', 'net.onnx']);
  });

  it('stores dropped bytes once, and nothing of a drop that fails', async () => {
    const here = place();
    const library = here.open();
    const bytes = readFileSync(join(oddModels, 'channels.onnx'));
    const config = { name: 'config.json', bytes: Buffer.from('{"id2label":{"0":"a","1":"b","2":"c"}}') };
    const model = await library.addBytes([{ name: 'net.onnx', bytes }, config]);
    expect(model.labelsSource).toBe('huggingface');
    expect((await library.addBytes([config, { name: 'net.onnx', bytes }])).id).toBe(model.id);
    await expect(
      library.addBytes([{ name: 'bad.onnx', bytes: Buffer.from('nothing of a network is in here') }]),
    ).rejects.toMatchObject({ code: 'ONNX_NOT_ONNX' });
    await expect(library.addBytes([{ name: 'a.png', bytes }])).rejects.toMatchObject({ code: 'MODEL_NO_ONNX' });
    await expect(library.addBytes([{ name: '../up.onnx', bytes }])).rejects.toMatchObject({
      code: 'FILE_NAME_INVALID',
    });
    await expect(
      library.addBytes([
        { name: 'a.onnx', bytes },
        { name: 'b.onnx', bytes },
      ]),
    ).rejects.toMatchObject({ code: 'MODEL_AMBIGUOUS' });
    expect(readdirSync(join(here.data, 'models/dropped'))).toHaveLength(1);
    await library.remove(model.id);
    expect(readdirSync(join(here.data, 'models/dropped'))).toEqual([]);
  });

  it('sets a damaged index aside, and keeps the readable entries of a half-damaged one', async () => {
    const here = place();
    const path = here.put('channels.onnx', 'net.onnx');
    await here.open().add(path);
    const index = join(here.data, 'models.json');
    const healthy: { format: 1; models: unknown[] } = JSON.parse(readFileSync(index, 'utf8'));
    writeFileSync(index, JSON.stringify({ ...healthy, models: [{ id: 7 }, ...healthy.models] }));
    expect((await here.open().list()).map(({ id }) => id)).toEqual(['net']);
    const [kept] = healthy.models;
    writeFileSync(
      index,
      JSON.stringify({ format: 1, models: [{ ...Object(kept), seen: { version: 0 }, labels: 'x' }] }),
    );
    expect(await here.open().list()).toMatchObject([{ id: 'net', opset: 13, labelsSource: 'assumed' }]);
    writeFileSync(index, '{"format":1,"mod');
    const library = here.open();
    expect(await library.list()).toEqual([]);
    expect(readdirSync(here.data).some((name) => name.startsWith('models.json.damaged'))).toBe(true);
    expect((await library.add(path)).id).toBe('net');
  });

  it('gives models of one name ids of their own, and sees what another process added', async () => {
    const here = place();
    const [one, two] = [here.open(), here.open()];
    const added = await Promise.all([
      one.add(here.put('channels.onnx', 'a/net.onnx')),
      one.add(here.put('class-ids.onnx', 'b/net.onnx')),
    ]);
    // Which of two calls that overlap comes first is not promised.
    expect(added.map(({ id }) => id).sort()).toEqual(['net', 'net-2']);
    expect((await two.list()).map(({ id }) => id).sort()).toEqual(['net', 'net-2']);
    await two.remove('net');
    expect((await one.list()).map(({ id }) => id)).toEqual(['net-2']);
  });

  it('tells when the file of a model changes on disk, or goes', async () => {
    const here = place();
    const path = here.put('channels.onnx', 'm/net.onnx');
    const seen: ModelSummary[][] = [];
    const library = here.open((models) => void seen.push(models));
    await library.add(path);
    await vi.waitUntil(() => seen.length > 0, { timeout: 20_000 });
    here.write('m/unrelated.json', '{}');
    const before = await library.stamp('net');
    copyFileSync(join(oddModels, 'class-ids.onnx'), path);
    await vi.waitUntil(() => seen.at(-1)?.[0]?.output.kind === 'class-ids', { timeout: 20_000 });
    expect(await library.stamp('net')).not.toBe(before);
    expect(seen.map(([model]) => model?.output.kind)).toEqual(['logits', 'class-ids']);
    rmSync(path);
    await vi.waitUntil(() => seen.at(-1)?.[0]?.warnings.some(({ message }) => message.includes('no longer there')), {
      timeout: 20_000,
    });
    await expect(library.get('net')).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });

  it('works where nothing can be written, and says that it will forget', async () => {
    const here = place();
    here.write('data', 'a file where the data folder should be');
    const library = here.open();
    const model = await library.add(here.put('channels.onnx', 'net.onnx'));
    expect(model.warnings.map(({ message }) => message).join()).toMatch(/until the studio closes/);
    expect((await library.get(model.id)).id).toBe(model.id);
    expect((await library.list()).map(({ id }) => id)).toEqual([model.id]);
  });
});

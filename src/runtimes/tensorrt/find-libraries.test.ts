import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FindOptions, TensorRtSearch } from './find-libraries';
import { findTensorRt, serves } from './find-libraries';
import { choiceFile } from './find-libraries-choice';
import { parseLibraryName } from './find-libraries-names';
import {
  ARM64,
  elf,
  portableExecutable,
  put,
  putAll,
  putOwn,
  rtx17,
  temporaryFolder,
  tensorRt106,
} from './find-libraries-testing';

interface Machine {
  readonly root: string;
  readonly data: string;
  find(options?: Partial<FindOptions>): Promise<TensorRtSearch>;
}

/** A Linux machine with nothing on it but our own native build. */
function machine(): Machine {
  const root = temporaryFolder();
  const data = join(root, 'data');
  const own = putOwn(join(root, 'own'));
  return {
    root,
    data,
    find: (options = {}) =>
      findTensorRt({
        dataDirectory: data,
        env: {},
        platform: 'linux',
        arch: 'x64',
        root,
        run: async () => null,
        ownFolders: [own],
        ...options,
      }),
  };
}

const findings = (search: TensorRtSearch): string => search.places.flatMap((place) => place.findings).join('\n');

describe('the search order', () => {
  it('finds nothing on an empty machine, and says what to do and where it looked', async () => {
    const search = await machine().find();
    expect(search).toMatchObject({ families: [], chosen: null, reason: expect.stringContaining('runtimes install') });
    expect(search.places.map(({ kind }) => kind)).toEqual([...search.places.map(({ kind }) => kind)].sort(byOrder));
    expect(new Set(search.places.map(({ outcome }) => outcome))).toEqual(new Set(['not-named', 'nothing', 'absent']));
  });

  it('goes from the setting over the environment, our own folder, pip and the loader to the usual folders', async () => {
    const { root, data, find } = machine();
    const at = (path: string): string => putAll(join(root, path), tensorRt106);
    const setting = at('setting');
    const [named, customary] = [at('named/lib'), at('home/targets/x86_64-linux-gnu/lib')];
    const own = at('data/runtimes/tensorrt-10.6.0');
    const venv = at('venv/lib/python3.11/site-packages/tensorrt_libs');
    const site = at('site/tensorrt_cu12_libs');
    const [path, cached] = [at('loader'), at('cache')];
    const usual = [at('usr/lib/x86_64-linux-gnu'), at('usr/local/tensorrt-10.6/lib'), at('opt/tensorrt')];
    const search = await find({
      setting,
      env: {
        MASKFORGE_TENSORRT: join(root, 'named'),
        TENSORRT_HOME: join(root, 'home'),
        VIRTUAL_ENV: join(root, 'venv'),
        LD_LIBRARY_PATH: `/nowhere:${path}`,
      },
      run: async (command) =>
        command === 'python3'
          ? join(root, 'site')
          : command === 'ldconfig'
            ? '\tlibnvinfer.so.10 (libc6,x86-64) => /cache/libnvinfer.so.10'
            : null,
    });
    expect(search.families.map(({ directory }) => directory)).toEqual([
      ...[setting, named, customary, own, venv, site, path, cached],
      ...usual,
    ]);
    expect(search.chosen?.directory).toBe(setting);
    expect(data).toBe(join(root, 'data'));
  });

  it('lists a folder once, however often it is named', async () => {
    const { root, find } = machine();
    const folder = putAll(join(root, 'trt'), tensorRt106);
    symlinkSync(folder, join(root, 'again'));
    const search = await find({
      setting: folder,
      env: { MASKFORGE_TENSORRT: join(root, 'again'), TRT_LIBPATH: folder },
    });
    expect(search.families).toHaveLength(1);
    expect(findings(search)).toContain('was listed above (settings)');
  });

  it('takes a list of folders, and a folder that pip installed into', async () => {
    const { root, find } = machine();
    putAll(join(root, 'pip/tensorrt_rtx_libs'), rtx17);
    putAll(join(root, 'trt'), tensorRt106);
    const { families } = await find({ env: { MASKFORGE_TENSORRT: `${join(root, 'pip')}:${join(root, 'trt')}` } });
    expect(families.map(({ family }) => family)).toEqual(['tensorrt-rtx', 'tensorrt-10']);
  });
});

describe('versions', () => {
  it.each([
    ['the builder resource', tensorRt106, 'tensorrt-10', '10.6.0'],
    ['nothing but the name', ['libnvinfer.so.11', 'libnvonnxparser.so.11'], 'tensorrt-11', '11'],
    ['a full name', ['libnvinfer.so.10.13.2', 'libnvonnxparser.so.10'], 'tensorrt-10', '10.13.2'],
  ])('come from %s', async (_from, names, family, version) => {
    const { root, find } = machine();
    putAll(join(root, 'opt/tensorrt'), names);
    expect((await find()).families).toMatchObject([{ family, version }]);
  });

  it('come from what pip recorded, and from what a link points to', async () => {
    const { root, find } = machine();
    putAll(join(root, 'data/runtimes/x/tensorrt_rtx_libs'), rtx17);
    mkdirSync(join(root, 'data/runtimes/x/tensorrt_rtx_cu13_libs-1.7.1.116.dist-info'));
    const linked = join(root, 'opt/tensorrt');
    put(join(linked, 'libnvinfer.so.10.9.0'));
    symlinkSync('libnvinfer.so.10.9.0', join(linked, 'libnvinfer.so.10'));
    symlinkSync('libnvinfer.so.10', join(linked, 'libnvinfer.so'));
    const { families } = await find();
    expect(families.map(({ version, runtime }) => [version, runtime.split('/').pop()])).toEqual([
      ['1.7.1.116', 'libtensorrt_rtx.so.1'],
      ['10.9.0', 'libnvinfer.so.10'],
    ]);
  });

  it('that no backend of ours speaks are named and left alone', async () => {
    const { root, find } = machine();
    putAll(join(root, 'opt/tensorrt'), ['libnvinfer.so.8', 'libnvonnxparser.so.8']);
    const search = await find();
    expect(search.families).toEqual([]);
    expect(findings(search)).toMatch(/libnvinfer\.so\.8 is version 8, which is not supported/);
  });
});

describe('what is of no use', () => {
  it.each([
    ['a 32-bit library', elf({ bits: 32, machine: 3 }), /32-bit library \(x86 \(32 bit\)\)/],
    ['one for another processor', elf({ machine: ARM64 }), /made for another processor \(ARM64\)/],
    ['half of one', elf({ segment: 9000, size: 400 }), /cut off: 400 bytes of at least 9000/],
    ['a header alone', elf().subarray(0, 30), /cut off: its header is incomplete/],
    ['a text', 'INPUT ( libnvinfer.so.10 )', /is no shared library/],
    ['nothing', '', /is no shared library/],
  ])('%s is named', async (_what, content, words) => {
    const { root, find } = machine();
    const file = put(join(root, 'opt/tensorrt/libnvinfer.so.10'), content);
    const search = await find();
    expect(search.families).toEqual([]);
    expect(findings(search)).toMatch(words);
    expect(findings(search)).toContain(file);
  });

  it('a link to nowhere, a link to itself and a folder in a library’s place are named', async () => {
    const { root, find } = machine();
    const folder = join(root, 'opt/tensorrt');
    mkdirSync(join(folder, 'libnvonnxparser.so.10'), { recursive: true });
    symlinkSync('libnvinfer.so.10.6.0', join(folder, 'libnvinfer.so.10'));
    symlinkSync('loop', join(root, 'loop'));
    const search = await find({ setting: join(root, 'loop') });
    expect(findings(search)).toMatch(/libnvinfer\.so\.10 points to libnvinfer\.so\.10\.6\.0, which is not there/);
    expect(findings(search)).toMatch(/libnvonnxparser\.so\.10 is no file/);
    expect(search.places[0]).toMatchObject({ outcome: 'unreadable', findings: [expect.stringContaining('ELOOP')] });
  });
});

describe('what is incomplete', () => {
  it.each([
    ['parser', tensorRt106.slice(0, 2), /no ONNX parser/],
    ['builder resources', ['libnvinfer.so.10', 'libnvonnxparser.so.10'], /no builder resources/],
    [
      'machine code',
      [...['libnvinfer.so.10', 'libnvonnxparser.so.10'], 'libnvinfer_builder_resource_ptx.so.10.15.1'],
      /PTX only/,
    ],
  ])('without %s it runs engines and builds none', async (_what, names, words) => {
    const { root, find } = machine();
    putAll(join(root, 'opt/tensorrt'), names);
    const { chosen } = await find();
    expect(chosen).toMatchObject({ usable: true, canBuild: false, problems: [expect.stringMatching(words)] });
  });

  it('a parser that cannot be loaded is none, and why is said', async () => {
    const { root, find } = machine();
    putAll(join(root, 'opt/tensorrt'), tensorRt106);
    put(join(root, 'opt/tensorrt/libnvonnxparser.so.10'), elf({ machine: ARM64 }));
    const { chosen } = await find();
    expect(chosen).toMatchObject({
      parser: '',
      canBuild: false,
      problems: [expect.stringContaining('another processor')],
    });
  });

  it('without our own backend nothing is usable', async () => {
    const { root, find } = machine();
    putAll(join(root, 'opt/tensorrt'), tensorRt106);
    const search = await find({ ownFolders: [] });
    expect(search).toMatchObject({ chosen: null, reason: expect.stringContaining('npm run native') });
    expect(search.families).toMatchObject([{ usable: false, backend: '' }]);
  });
});

describe('the choice', () => {
  const both = (): Machine => {
    const made = machine();
    putAll(join(made.root, 'data/runtimes/rtx/tensorrt_rtx_libs'), rtx17);
    putAll(join(made.root, 'opt/tensorrt'), tensorRt106);
    return made;
  };

  it.each([
    [undefined, 'tensorrt-rtx'],
    [90, 'tensorrt-10'],
    [75, 'tensorrt-10'],
    [86, 'tensorrt-rtx'],
    [120, 'tensorrt-rtx'],
  ])('for compute capability %s is %s', async (computeCapability, family) => {
    const search = await both().find({ computeCapability });
    expect(search.chosen?.family).toBe(family);
    expect(search.ranked).toHaveLength(2);
  });

  it('without a device is the one that builds without, wherever it lies', async () => {
    const { root, find } = machine();
    putAll(join(root, 'data/runtimes/a'), tensorRt106);
    putAll(join(root, 'opt/tensorrt'), rtx17);
    expect((await find()).chosen?.family).toBe('tensorrt-rtx');
    expect((await find({ computeCapability: 86 })).chosen?.family).toBe('tensorrt-10');
  });

  it('of the user comes first, and is kept in the data folder', async () => {
    const made = both();
    put(choiceFile(made.data), JSON.stringify({ family: 'tensorrt-10', directory: '' }));
    expect((await made.find()).chosen?.family).toBe('tensorrt-10');
    expect((await made.find({ family: 'tensorrt-rtx' })).chosen?.family).toBe('tensorrt-rtx');
    put(choiceFile(made.data), '{ damaged');
    expect((await made.find()).chosen?.family).toBe('tensorrt-rtx');
  });

  it('comes with the backend and the plugins of its family', async () => {
    const { chosen } = await both().find({ computeCapability: 90 });
    expect(chosen?.backend).toMatch(/libmaskforge_backend_tensorrt10\.so$/);
    expect(chosen?.plugins.map((file) => file.split('/').pop())).toEqual(['libmaskforge_layernorm_10.so']);
  });
});

describe('Windows', () => {
  it('has other names and another header', async () => {
    const root = temporaryFolder();
    const names = ['nvinfer_10.dll', 'nvonnxparser_10.dll', 'nvinfer_builder_resource_10.dll'];
    putAll(join(root, 'trt/lib'), names, portableExecutable(0x8664));
    putAll(join(root, 'rtx'), ['tensorrt_rtx_1_7.dll', 'tensorrt_onnxparser_rtx_1_7.dll'], portableExecutable(0x8664));
    put(join(root, 'arm/nvinfer_10.dll'), portableExecutable(0xaa64));
    const search = await findTensorRt({
      dataDirectory: join(root, 'data'),
      env: { MASKFORGE_TENSORRT: ['trt', 'rtx', 'arm'].map((name) => join(root, name)).join(';') },
      platform: 'win32',
      arch: 'x64',
      root,
      run: async () => null,
      ownFolders: [],
    });
    expect(search.families.map(({ family, version }) => [family, version])).toEqual([
      ['tensorrt-10', '10'],
      ['tensorrt-rtx', '1.7'],
    ]);
    expect(findings(search)).toMatch(/nvinfer_10\.dll is made for another processor \(ARM64\)/);
  });
});

it.each([
  ['libnvinfer.so.10', { kind: 'runtime', product: 'tensorrt', version: '10', rank: 0 }],
  ['libnvinfer.so.10.6.0', { kind: 'runtime', product: 'tensorrt', version: '10.6.0', rank: 1 }],
  ['libnvinfer.so', { kind: 'runtime', product: 'tensorrt', version: '', rank: 2 }],
  ['libnvinfer_builder_resource_sm90.so.10.13.2', { kind: 'builder', version: '10.13.2', target: 'sm90' }],
  ['libnvinfer_plugin.so.10', null],
  ['libnvinfer_lean.so.10', null],
  ['libtensorrt_onnxparser_rtx.so.1', { kind: 'parser', product: 'rtx', version: '1', rank: 0 }],
])('reads %s', (name, meaning) => expect(parseLibraryName(name, 'linux')).toEqual(meaning));

it.each([
  ['tensorrt-rtx', '1.7.1', [80, 86, 89, 120, 121], [75, 87, 90, 100]],
  ['tensorrt-10', '10.6.0', [75, 80, 89, 90], [70, 100, 120]],
  ['tensorrt-10', '10.16.1', [75, 90, 100, 120], [70]],
  ['tensorrt-11', '11.4.0', [75, 90, 120], [70]],
] as const)('%s %s serves %j and not %j', (family, version, yes, no) => {
  expect(yes.map((each) => serves(family, version, each))).toEqual(yes.map(() => true));
  expect(no.map((each) => serves(family, version, each))).toEqual(no.map(() => false));
});

function byOrder(a: string, b: string): number {
  const order = ['setting', 'environment', 'application', 'python', 'loader', 'system'];
  return order.indexOf(a) - order.indexOf(b);
}

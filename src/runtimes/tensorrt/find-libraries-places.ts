import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** In the order in which they are searched. */
export const placeKinds = ['setting', 'environment', 'application', 'python', 'loader', 'system'] as const;
export type PlaceKind = (typeof placeKinds)[number];

/** Runs a program and answers with its output; null where it is not there, fails, or takes too long. */
export type RunProgram = (command: string, args: readonly string[], env: Environment) => Promise<string | null>;
export type Environment = Readonly<Record<string, string | undefined>>;

export interface PlaceOptions {
  /** Folder (or list of folders) that the user named in the settings. */
  readonly setting: string;
  readonly env: Environment;
  readonly platform: string;
  readonly arch: string;
  /** The studio's data folder; runtimes that it installed itself lie below. */
  readonly dataDirectory: string;
  /** Put before the system's own folders; tests use a fake tree. */
  readonly root: string;
  readonly run: RunProgram;
}

/** Where to look: what named it, and the folders that may hold libraries there. */
export interface Candidate {
  readonly kind: PlaceKind;
  /** Such as `MASKFORGE_TENSORRT`, `pip (VIRTUAL_ENV)`, `ldconfig`. */
  readonly source: string;
  /** What was named; empty where nothing was. */
  readonly path: string;
  readonly folders: readonly string[];
  /** Why `path` is empty, where that is not for want of a name. */
  readonly silence?: string;
}

/** Ours first; then those that NVIDIA's samples, CMake finders and other projects read. */
const VARIABLES = [
  'MASKFORGE_TENSORRT',
  'TENSORRT_HOME',
  'TENSORRT_ROOT',
  'TENSORRT_DIR',
  'TRT_ROOT',
  'TRT_LIBPATH',
  'TRT_LIB_DIR',
];
/** Folders of pip's packages that hold libraries; the lean and dispatch runtimes cannot build and are left out. */
const PACKAGE = /^tensorrt(_rtx)?(_cu\d+)?(_libs)?$/;
const PYTHON_PATHS =
  'import site,sysconfig;print("\\n".join([sysconfig.get_path("purelib"),sysconfig.get_path("platlib"),site.getusersitepackages(),*site.getsitepackages()]))';

/** The folder that `maskforge runtimes install` fills, one folder for each runtime below it. */
export function runtimesFolder(dataDirectory: string): string {
  return join(dataDirectory, 'runtimes');
}

/** All places, in search order, whether or not anything is there. */
export async function candidates(options: PlaceOptions): Promise<Candidate[]> {
  const { setting, env } = options;
  return [
    named('setting', 'settings', setting, options),
    ...VARIABLES.map((name) => named('environment', name, env[name] ?? '', options)),
    await application(options),
    ...(await python(options)),
    ...(await loader(options)),
    ...(await system(options)),
  ];
}

/** Somebody named a folder: the libraries lie in it, in its `lib`, or in a package of pip's in it. */
function named(kind: PlaceKind, source: string, value: string, options: PlaceOptions): Candidate {
  const folders = split(value, options.platform).flatMap((folder) => below(folder, options));
  return { kind, source, path: value, folders };
}

function below(folder: string, { platform, arch }: PlaceOptions): string[] {
  const triple = tripleOf(arch);
  const inner = platform === 'win32' ? ['lib', 'bin'] : ['lib', 'lib64', `lib/${triple}`, `targets/${triple}/lib`];
  const packages = ['tensorrt_rtx_libs', 'tensorrt_libs', 'tensorrt_cu13_libs', 'tensorrt_cu12_libs'];
  return [folder, ...[...inner, ...packages].map((name) => join(folder, name))];
}

/** Debian's name for a processor, after which it names folders. */
function tripleOf(arch: string): string {
  return arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
}

async function application(options: PlaceOptions): Promise<Candidate> {
  const path = runtimesFolder(options.dataDirectory);
  const installed = (await entries(path)).filter((name) => !name.startsWith('.'));
  return {
    kind: 'application',
    source: 'installed by Maskforge',
    path,
    folders: installed.flatMap((name) => below(join(path, name), options)),
  };
}

async function python(options: PlaceOptions): Promise<Candidate[]> {
  const { env, platform, run, root } = options;
  const places: Candidate[] = [];
  for (const variable of ['VIRTUAL_ENV', 'CONDA_PREFIX']) {
    const prefix = env[variable] ?? '';
    const sites = prefix === '' ? [] : await sitePackages(prefix, platform);
    places.push({ ...(await pythonPlace(`pip (${variable})`, sites)), path: prefix });
  }
  for (const program of platform === 'win32' ? ['python', 'py'] : ['python3']) {
    const told = await run(program, ['-c', PYTHON_PATHS], env);
    const sites = (told ?? '').split(/\r?\n/).filter((line) => line !== '');
    const place = await pythonPlace(`pip (${program})`, [...new Set(sites)]);
    places.push(told === null ? { ...place, silence: `${program} is not there, or does not answer.` } : place);
  }
  if (platform !== 'win32') {
    const system = ['/usr/local/lib/python3/dist-packages', '/usr/lib/python3/dist-packages'];
    places.push(
      await pythonPlace(
        'pip (system)',
        system.map((site) => join(root, site)),
      ),
    );
  }
  return places;
}

async function pythonPlace(source: string, sites: readonly string[]): Promise<Candidate> {
  const folders: string[] = [];
  for (const site of sites) {
    for (const name of await entries(site)) if (PACKAGE.test(name)) folders.push(join(site, name));
  }
  return { kind: 'python', source, path: sites.join(delimiter), folders };
}

async function sitePackages(prefix: string, platform: string): Promise<string[]> {
  if (platform === 'win32') return [join(prefix, 'Lib', 'site-packages')];
  const versions = (await entries(join(prefix, 'lib'))).filter((name) => /^python3/.test(name));
  return versions.map((name) => join(prefix, 'lib', name, 'site-packages'));
}

async function loader({ env, platform, run, root }: PlaceOptions): Promise<Candidate[]> {
  if (platform === 'win32') return [pathList('PATH', env['PATH'] ?? env['Path'] ?? '', platform)];
  const cache = (await run('ldconfig', ['-p'], env)) ?? (await run('/sbin/ldconfig', ['-p'], env)) ?? '';
  const folders = new Set<string>();
  for (const line of cache.split('\n')) {
    const match = /^\s*lib(?:nvinfer|tensorrt_rtx)\.so\S* .*=> (\/.*)\/[^/]+$/.exec(line);
    if (match?.[1] !== undefined) folders.add(join(root, match[1]));
  }
  return [
    pathList('LD_LIBRARY_PATH', env['LD_LIBRARY_PATH'] ?? '', platform),
    {
      kind: 'loader',
      source: 'ldconfig',
      path: [...folders].join(delimiter),
      folders: [...folders],
      silence: 'The loader’s cache lists none.',
    },
  ];
}

function pathList(source: string, value: string, platform: string): Candidate {
  return { kind: 'loader', source, path: value, folders: split(value, platform) };
}

/** Where packages, archives and containers put them. */
async function system(options: PlaceOptions): Promise<Candidate[]> {
  const { platform, env, root } = options;
  const place = (path: string, folders: string[] = below(path, options)): Candidate => ({
    kind: 'system',
    source: 'usual folder',
    path,
    folders,
  });
  if (platform === 'win32') {
    const programs = env['ProgramFiles'] ?? 'C:\\Program Files';
    const inside = (folder: string): Promise<Candidate[]> =>
      matching(join(root, folder), /^TensorRT/i).then((found) => found.map((path) => place(path)));
    return [...(await inside(programs)), ...(await inside(join(programs, 'NVIDIA'))), ...(await inside('C:\\'))];
  }
  const plain = [
    `/usr/lib/${tripleOf(options.arch)}`,
    '/usr/lib64',
    '/usr/lib',
    '/usr/local/lib',
    '/usr/local/cuda/lib64',
  ];
  const archives: string[] = [];
  for (const parent of ['/usr/local', '/opt', '/opt/nvidia', '/usr/src']) {
    archives.push(...(await matching(join(root, parent), /^tensorrt/i)));
  }
  return [...plain.map((path) => place(join(root, path), [join(root, path)])), ...archives.map((path) => place(path))];
}

async function matching(parent: string, pattern: RegExp): Promise<string[]> {
  return (await entries(parent)).filter((name) => pattern.test(name)).map((name) => join(parent, name));
}

async function entries(folder: string): Promise<string[]> {
  return (await readdir(folder).catch((): string[] => [])).sort();
}

function split(value: string, platform: string): string[] {
  return value.split(platform === 'win32' ? ';' : ':').filter((part) => part !== '');
}

const ANSWER_MS = 8_000;

export const runProgram: RunProgram = (command, args, env) =>
  new Promise((resolve) => {
    execFile(
      command,
      [...args],
      { env: { ...env }, timeout: ANSWER_MS, windowsHide: true, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout) => resolve(error === null ? stdout : null),
    );
  });

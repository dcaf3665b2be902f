import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { arch, cpus, freemem, totalmem } from 'node:os';
import { loadSharp, usesWasm } from '../media/sharp-loader';
import type { DoctorItem, RuntimeStatus } from '../shared/domain/runtime';
import type { RuntimeLibrary } from '../shared/domain/runtime-library';
import type { JpegLibrary } from './batch/jpeg-library';
import { findJpegLibrary, openJpegLibrary } from './batch/jpeg-library';
import type { ModelLibrary } from './library/model-library';
import { tensorRtItems } from './runtimes/doctor-tensorrt';

interface DoctorOptions {
  readonly dataDirectory: string;
  readonly resourcesDirectory: string;
  readonly library: ModelLibrary;
  runtimes(): Promise<RuntimeLibrary>;
}

const GIBIBYTE = 1024 ** 3;
const LITTLE_MEMORY = 1.5 * GIBIBYTE;
const LITTLE_SPACE = GIBIBYTE;

/** What this machine has, what is missing, and how to get it. */
export async function examine(options: DoctorOptions): Promise<DoctorItem[]> {
  const runtimes = await options.runtimes();
  return [
    program(),
    ...runtimes.embedded.map((status) => runtimeItem(status, runtimes.automatic === status.id)),
    ...tensorRtItems(runtimes),
    images(),
    jpegs(),
    memory(),
    await dataFolder(options.dataDirectory),
    await models(options),
  ];
}

function program(): DoctorItem {
  const { electron, node } = process.versions;
  const shell = electron === undefined ? '' : `Electron ${electron}, `;
  const found = `${shell}Node ${node} on ${process.platform} ${arch()}`;
  return { id: 'program', title: 'Program', state: 'ok', found, lookedAt: [process.execPath], remedy: '' };
}

function runtimeItem(
  { id, name, version, available, devices, reason }: RuntimeStatus,
  isAutomatic: boolean,
): DoctorItem {
  const builds =
    id !== 'onnxruntime' ? '' : `; builds engines${isAutomatic ? ', and does so here unless another is named' : ''}`;
  const found = available ? `${version} · ${devices.join(', ')}${builds}` : 'not usable';
  return { id: `runtime-${id}`, title: name, state: available ? 'ok' : 'missing', found, lookedAt: [], remedy: reason };
}

function images(): DoctorItem {
  const base = { id: 'images', title: 'Image library', lookedAt: [] };
  try {
    const { versions } = loadSharp();
    const build = 'emscripten' in versions ? 'WebAssembly' : 'native';
    return {
      ...base,
      state: 'ok',
      found: `sharp ${versions.sharp} with libvips ${versions.vips} (${build})`,
      remedy: '',
    };
  } catch (error) {
    const found = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { ...base, state: 'missing', found, remedy: 'Run `npm ci` in the program’s folder.' };
  }
}

/** Only where there is the native addon, and so may be a fast engine, is anything lost without that library. */
function jpegs(): DoctorItem {
  const base = { id: 'jpegs', title: 'JPEGs of a batch', lookedAt: [] };
  const byOthers = 'by the image library';
  const place = usesWasm() ? null : findJpegLibrary();
  if (place === null) return { ...base, state: 'ok', found: byOthers, remedy: '' };
  const library = openJpegLibrary(place)?.library;
  if (library) return { ...base, state: 'ok', found: `before a fast engine: ${library}`, remedy: '' };
  return { ...base, state: 'missing', found: byOthers, remedy: jpegRemedy(place) };
}

function jpegRemedy({ file }: JpegLibrary): string {
  if (file !== '') return `${file}, which MASKFORGE_TURBOJPEG names, is no libturbojpeg of version 2 or newer.`;
  return 'libjpeg-turbo takes a third of the time before a fast engine: install libturbojpeg (Debian: libturbojpeg0).';
}

function memory(): DoctorItem {
  const free = (freemem() / GIBIBYTE).toFixed(1);
  const total = (totalmem() / GIBIBYTE).toFixed(1);
  const processors = cpus();
  const found = `${total} GiB memory (${free} free), ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`;
  const little = totalmem() < LITTLE_MEMORY;
  const remedy = little ? 'Large networks and pictures may not fit; choose smaller input sizes.' : '';
  return { id: 'machine', title: 'Machine', state: little ? 'warning' : 'ok', found, lookedAt: [], remedy };
}

async function dataFolder(path: string): Promise<DoctorItem> {
  const base = { id: 'data', title: 'Data folder', lookedAt: [path] };
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    // Electron 22's Node does not have it yet.
    if (typeof statfs !== 'function') return { ...base, state: 'ok', found: path, remedy: '' };
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    const found = `${path}, ${(free / GIBIBYTE).toFixed(1)} GiB free`;
    if (free < LITTLE_SPACE)
      return { ...base, state: 'warning', found, remedy: 'Free some space for models and exports.' };
    return { ...base, state: 'ok', found, remedy: '' };
  } catch (error) {
    const found = `not writable: ${error instanceof Error ? error.message : String(error)}`;
    return {
      ...base,
      state: 'missing',
      found,
      remedy: 'Name another folder with MASKFORGE_HOME; settings and models are kept there.',
    };
  }
}

async function models({ library, resourcesDirectory }: DoctorOptions): Promise<DoctorItem> {
  const list = await library.list();
  const base = { id: 'models', title: 'Models', lookedAt: [resourcesDirectory] };
  if (list.length > 0) return { ...base, state: 'ok', found: list.map(({ name }) => name).join(', '), remedy: '' };
  return {
    ...base,
    state: 'missing',
    found: 'none',
    remedy: 'Add one with `maskforge models add FILE.onnx`, or fetch one from the catalogue.',
  };
}

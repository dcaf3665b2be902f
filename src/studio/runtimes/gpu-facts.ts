import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { GpuState } from '../../shared/domain/runtime-library';
import type { CudaReport } from '../../runtimes/tensorrt/addon';
import type { Environment, RunProgram } from '../../runtimes/tensorrt/find-libraries-places';

export interface GpuQuestions {
  readonly env: Environment;
  readonly platform: string;
  /** Put before the system's own folders; tests use a fake tree. */
  readonly root: string;
  readonly run: RunProgram;
  /** Asks the driver itself; null without the addon. */
  readonly probe: () => Promise<CudaReport | null>;
}

/** Our kernels are built with CUDA 13; this is the first driver that serves it. */
const OLDEST_DRIVER = 580;
const OLDEST_CUDA = 13_000;
/** Turing: the oldest generation that CUDA 13 knows and our kernels are built for. */
const OLDEST_CAPABILITY = 75;
const NVIDIA_VENDOR = '0x10de';

const DRIVER_PAGE = 'https://www.nvidia.com/drivers';
const NO_CARD =
  'Models run on the processor, with ONNX Runtime. For TensorRT, use a machine with an NVIDIA GPU, or a Triton server on one.';
const NO_DRIVER = `Install NVIDIA's driver, ${OLDEST_DRIVER} or newer (${DRIVER_PAGE}). In a container, pass the GPU through: \`--gpus all\` with the NVIDIA Container Toolkit.`;
const OLD_DRIVER = `Install NVIDIA's driver ${OLDEST_DRIVER} or newer (${DRIVER_PAGE}).`;

/** What can be told of the graphics card: by the driver itself, by nvidia-smi, by the kernel, by the bus. */
export async function examineGpu(questions: GpuQuestions): Promise<GpuState> {
  const { root } = questions;
  const kernelFile = join(root, '/proc/driver/nvidia/version');
  const bus = join(root, '/sys/bus/pci/devices');
  const lookedAt: string[] = [];
  let report: CudaReport | null = null;
  try {
    report = await questions.probe();
    if (report !== null) lookedAt.push(report.driverLibrary ?? 'the CUDA driver library');
  } catch (error) {
    const [found, remedy] = error instanceof AppError ? [error.message, error.hint ?? ''] : [String(error), ''];
    return { ...NOTHING, state: 'broken', found, lookedAt: ['the CUDA driver library'], remedy };
  }
  const smi = report !== null && report.devices.length > 0 ? null : await askSmi(questions);
  const kernel = await kernelDriver(kernelFile);
  const cards = questions.platform === 'linux' ? await cardsOnBus(bus) : 0;
  lookedAt.push('nvidia-smi', ...(questions.platform === 'linux' ? [kernelFile, bus] : []));
  const driver = smi?.driver ?? kernel;
  const base = { ...NOTHING, driver, cuda: cudaName(report?.cudaVersion ?? null), lookedAt };
  if (report !== null && report.devices.length > 0) return withDevices(base, report);
  if (smi !== null && report === null) return withSmi({ ...base, devices: smi.devices }, driver);
  return withoutDevice(base, report, cards);
}

type Base = GpuState;
const NOTHING: GpuState = { state: 'no-card', devices: [], driver: '', cuda: '', found: '', lookedAt: [], remedy: '' };

function withDevices(base: Base, report: CudaReport): GpuState {
  const devices = report.devices.map(({ name, computeCapability, totalMemory }) => ({
    name,
    computeCapability,
    memoryBytes: totalMemory,
  }));
  const state = { ...base, devices, found: describe(devices, base) };
  if ((report.cudaVersion ?? OLDEST_CUDA) < OLDEST_CUDA)
    return { ...state, state: 'driver-too-old', remedy: OLD_DRIVER };
  if (devices.every(({ computeCapability }) => computeCapability < OLDEST_CAPABILITY)) return unsupported(state);
  return { ...state, state: 'ready' };
}

function withSmi(base: Base, driver: string): GpuState {
  const state = { ...base, found: describe(base.devices, base) };
  const major = Number(driver.split('.')[0]);
  if (major > 0 && major < OLDEST_DRIVER) return { ...state, state: 'driver-too-old', remedy: OLD_DRIVER };
  const known = base.devices.flatMap(({ computeCapability }) => computeCapability ?? []);
  if (known.length > 0 && known.every((each) => each < OLDEST_CAPABILITY)) return unsupported(state);
  return { ...state, state: 'ready' };
}

function unsupported(state: Base): GpuState {
  const remedy = `Its generation is older than Turing (compute capability 7.5), which is the oldest that CUDA 13 serves. ${NO_CARD}`;
  return { ...state, state: 'unsupported', remedy };
}

function withoutDevice(base: Base, report: CudaReport | null, cards: number): GpuState {
  const reason = report?.reason ?? '';
  if (base.driver !== '' || report?.driverLibrary != null) {
    const driver = base.driver === '' ? 'An NVIDIA driver' : `NVIDIA driver ${base.driver}`;
    const major = Number(base.driver.split('.')[0]);
    if (major > 0 && major < OLDEST_DRIVER) {
      return { ...base, state: 'driver-too-old', found: `${driver}, older than ${OLDEST_DRIVER}`, remedy: OLD_DRIVER };
    }
    const found = `${driver}, but no device${reason === '' ? '' : `: ${reason}`}`;
    const remedy =
      cards === 0
        ? NO_CARD
        : 'Check CUDA_VISIBLE_DEVICES, that nobody holds the card exclusively, and restart after a driver update.';
    return { ...base, state: 'no-device', found, remedy };
  }
  if (cards > 0) {
    const found = `${cards === 1 ? 'an NVIDIA card' : `${cards} NVIDIA cards`} on the bus, but no driver`;
    return { ...base, state: 'no-driver', found, remedy: NO_DRIVER };
  }
  return { ...base, state: 'no-card', found: 'no NVIDIA GPU', remedy: NO_CARD };
}

function describe(devices: GpuState['devices'], { driver, cuda }: Base): string {
  const names = devices.map(({ name, computeCapability, memoryBytes }) => {
    const capability = computeCapability === null ? '' : `, compute capability ${(computeCapability / 10).toFixed(1)}`;
    return `${name} (${(memoryBytes / 2 ** 30).toFixed(0)} GiB${capability})`;
  });
  const versions = [driver === '' ? '' : `driver ${driver}`, cuda === '' ? '' : `CUDA ${cuda}`].filter(
    (part) => part !== '',
  );
  return [names.join(', '), ...versions].join(' · ');
}

function cudaName(version: number | null): string {
  return version === null ? '' : `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

async function askSmi({ env, run }: GpuQuestions): Promise<{ driver: string; devices: GpuState['devices'] } | null> {
  const query = ['--query-gpu=name,driver_version,compute_cap,memory.total', '--format=csv,noheader,nounits'];
  const answer = await run('nvidia-smi', query, env);
  const rows = (answer ?? '').split('\n').map((line) => line.split(',').map((cell) => cell.trim()));
  const devices = rows.flatMap(([name = '', , capability = '', mebibytes = '']) =>
    name === '' || mebibytes === ''
      ? []
      : [{ name, computeCapability: capabilityOf(capability), memoryBytes: (Number(mebibytes) || 0) * 2 ** 20 }],
  );
  return devices.length === 0 ? null : { driver: rows[0]?.[1] ?? '', devices };
}

function capabilityOf(text: string): number | null {
  const match = /^(\d+)\.(\d)$/.exec(text);
  return match === null ? null : Number(match[1]) * 10 + Number(match[2]);
}

/** `580.65.06` from the kernel module's own line. */
async function kernelDriver(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(text)?.[1] ?? '';
}

/** Display and 3D controllers of NVIDIA's that the kernel sees, with or without a driver. */
async function cardsOnBus(folder: string): Promise<number> {
  let cards = 0;
  for (const name of await readdir(folder).catch((): string[] => [])) {
    const read = (file: string): Promise<string> => readFile(join(folder, name, file), 'utf8').catch(() => '');
    if ((await read('vendor')).trim() === NVIDIA_VENDOR && (await read('class')).trim().startsWith('0x03')) cards += 1;
  }
  return cards;
}

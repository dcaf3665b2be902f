import { AppError } from '../../shared/app-error';
import type { Licence } from '../../shared/domain/model';
import type { OfferId, RuntimeOffer } from '../../shared/domain/runtime-library';
import { serves } from '../../runtimes/tensorrt/find-libraries';

/** How one version of a runtime is fetched with pip. */
export interface PipPlan {
  readonly requirement: string;
  /** SHA-256 of the wheels we know; empty for versions that we never saw. */
  readonly hashes: readonly string[];
  /** Asked besides pip's own; NVIDIA keeps the large wheels there. */
  readonly extraIndex: string | null;
}

/** How TensorRT 10.6 is fetched with Maven, where pip cannot reach NVIDIA's index. */
export interface MavenPlan {
  readonly artifact: string;
  readonly file: string;
  readonly sha256: string;
  readonly folder: string;
  readonly libraries: readonly string[];
  readonly downloadBytes: number;
}

export interface InstallPlan {
  readonly id: OfferId;
  readonly version: string;
  /** Folder below `runtimes`, and name for `runtimes.remove`. */
  readonly name: string;
  readonly title: string;
  readonly downloadBytes: number;
  readonly diskBytes: number;
  readonly pip: PipPlan;
  readonly maven: MavenPlan | null;
}

/** `platform-arch` of the machine. */
export type System = string;

const RTX_VERSION = '1.7.1.116';
/** As the package index lists them for 1.7.1.116. */
const RTX_WHEELS: Readonly<Record<System, { readonly sha256: string; readonly bytes: number }>> = {
  'linux-x64': { sha256: 'e3fd45fed001240d63304e77a2d4006319b839994237cb294b6e7ad72acaabcd', bytes: 95_153_708 },
  'linux-arm64': { sha256: 'ec8b6cb95a8ea61e31d544dbc5039d35219b311999f92c518a3889aaae74359c', bytes: 90_582_711 },
  'win32-x64': { sha256: '3f0bc38ffe0b755e9de672da7b9ed3c05ddfd2538160c36af2a1e0994508c940', bytes: 93_129_282 },
  'win32-arm64': { sha256: '2776fc3e236ec0c0943cd95245fd26c3422123ea79a7355a4df7cde1467bd61e', bytes: 84_998_874 },
};
const RTX_DISK = 240_000_000;

const TENSORRT_VERSION = '10.6.0';
const TENSORRT_DISK = 1_700_000_000;
const NVIDIA_INDEX = 'https://pypi.nvidia.com';
/** The last whose package holds the builder's machine code of every generation up to Hopper; later ones cannot build. */
const MAVEN_10_6: MavenPlan = {
  artifact: 'org.bytedeco:tensorrt:10.6-1.5.11:jar:linux-x86_64-redist',
  file: 'tensorrt-10.6-1.5.11-linux-x86_64-redist.jar',
  sha256: 'e7979693541f996bc284335b05f5e890a82b8b3aba50d680e1343a139cf291c4',
  folder: 'org/bytedeco/tensorrt/linux-x86_64',
  libraries: ['libnvinfer.so.10', 'libnvinfer_builder_resource.so.10.6.0', 'libnvonnxparser.so.10'],
  downloadBytes: 1_090_347_946,
};

const LICENCES: Readonly<Record<OfferId, Licence>> = {
  rtx: {
    name: 'NVIDIA Software License Agreement, with the supplement for TensorRT for RTX',
    url: 'https://docs.nvidia.com/deeplearning/tensorrt-rtx/latest/reference/sla.html',
    text: 'TensorRT for RTX is NVIDIA’s, not a part of Maskforge. It is fetched from the Python package index; its use is under NVIDIA’s terms, which also lie in the package.',
  },
  tensorrt: {
    name: 'NVIDIA Software License Agreement, with the supplement for TensorRT',
    url: 'https://docs.nvidia.com/deeplearning/tensorrt/latest/reference/sla.html',
    text: 'TensorRT is NVIDIA’s, not a part of Maskforge. It is fetched from NVIDIA’s package index (or from Maven Central); its use is under NVIDIA’s terms.',
  },
};

const titles: Readonly<Record<OfferId, string>> = { rtx: 'TensorRT for RTX', tensorrt: 'TensorRT' };

export function licenceOf(id: OfferId): Licence {
  return LICENCES[id];
}

/**
 * What is to be done for one runtime on one system.
 * @throws AppError RUNTIME_VERSION_INVALID, RUNTIME_NOT_OFFERED
 */
export function installPlan(id: OfferId, version: string | undefined, system: System): InstallPlan {
  const wanted = version ?? (id === 'rtx' ? RTX_VERSION : TENSORRT_VERSION);
  if (!/^\d+(\.\d+){1,3}(\.post\d+)?$/.test(wanted)) {
    throw new AppError('RUNTIME_VERSION_INVALID', `${wanted} is no version of ${titles[id]}.`, {
      hint: `Write it as ${id === 'rtx' ? RTX_VERSION : TENSORRT_VERSION}, or leave it out.`,
      details: { version: wanted },
    });
  }
  const reason = unavailable(id, system);
  if (reason !== '')
    throw new AppError('RUNTIME_NOT_OFFERED', reason, { hint: 'Use ONNX Runtime or a Triton server.' });
  const name = `${id}-${wanted}`;
  const title = `${titles[id]} ${wanted}`;
  if (id === 'rtx') {
    const known = wanted === RTX_VERSION;
    const pip: PipPlan = {
      requirement: `tensorrt-rtx-cu13-libs==${wanted}`,
      hashes: known ? Object.values(RTX_WHEELS).map(({ sha256 }) => sha256) : [],
      extraIndex: null,
    };
    const downloadBytes = RTX_WHEELS[system]?.bytes ?? 0;
    return { id, version: wanted, name, title, downloadBytes, diskBytes: RTX_DISK, pip, maven: null };
  }
  checkTensorRtVersion(wanted);
  const pip: PipPlan = {
    requirement: `tensorrt-${cudaOf(wanted)}-libs==${wanted}`,
    hashes: [],
    extraIndex: NVIDIA_INDEX,
  };
  const maven = system === 'linux-x64' && /^10\.6(\.|$)/.test(wanted) ? MAVEN_10_6 : null;
  const downloadBytes = MAVEN_10_6.downloadBytes;
  return { id, version: wanted, name, title, downloadBytes, diskBytes: TENSORRT_DISK, pip, maven };
}

/** All that is offered, for the list that a user sees. */
export function offers(options: {
  readonly system: System;
  readonly computeCapability: number | null;
  readonly installed: readonly string[];
}): RuntimeOffer[] {
  const { system, computeCapability, installed } = options;
  return (['rtx', 'tensorrt'] as const).map((id) => ({
    id,
    name: titles[id],
    version: id === 'rtx' ? RTX_VERSION : TENSORRT_VERSION,
    downloadBytes: id === 'rtx' ? (RTX_WHEELS[system]?.bytes ?? 0) : MAVEN_10_6.downloadBytes,
    diskBytes: id === 'rtx' ? RTX_DISK : TENSORRT_DISK,
    serves: id === 'rtx' ? '8.0, 8.6, 8.9, 12.x' : '7.5 – 9.0',
    summary: SUMMARIES[id],
    licence: LICENCES[id],
    suitsDevice: computeCapability === null ? null : suits(id, computeCapability),
    unavailable: unavailable(id, system),
    installed: installed.filter((name) => name.startsWith(`${id}-`)),
  }));
}

const SUMMARIES: Readonly<Record<OfferId, string>> = {
  rtx: 'For GeForce RTX 30, 40 and 50, RTX A and Ada workstation cards and the A100: compute capability 8.0, 8.6, 8.9 and 12.x. Not for 7.5 (T4, RTX 20) and not for 9.0 (H100, H200).',
  tensorrt:
    'For compute capability 7.5 to 9.0: T4, RTX 20 to 40, A100, L4, H100, H200. Blackwell (10.x, 12.x) needs 10.8 or newer: name it with --version.',
};

function suits(id: OfferId, computeCapability: number): boolean {
  return serves(
    id === 'rtx' ? 'tensorrt-rtx' : 'tensorrt-10',
    id === 'rtx' ? RTX_VERSION : TENSORRT_VERSION,
    computeCapability,
  );
}

function unavailable(id: OfferId, system: System): string {
  if (RTX_WHEELS[system] !== undefined) return '';
  return `NVIDIA makes no ${titles[id]} for this system (${system}).`;
}

function checkTensorRtVersion(version: string): void {
  const major = Number(version.split('.')[0]);
  if (major === 10 || major === 11) return;
  throw new AppError('RUNTIME_VERSION_INVALID', `TensorRT ${version} is not supported.`, {
    hint: 'Versions 10 and 11 are.',
    details: { version },
  });
}

/** Wheels for CUDA 13 begin with 10.13.2; our own libraries need its driver (580) in any case. */
function cudaOf(version: string): 'cu12' | 'cu13' {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const order = major * 10_000 + minor * 100 + patch;
  return order >= 101_302 ? 'cu13' : 'cu12';
}

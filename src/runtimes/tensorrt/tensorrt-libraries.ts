import { AppError } from '../../shared/app-error';
import type { CudaDevice, CudaReport, NativeAddon, NativeLibrary, RuntimeFamily } from './addon';
import type { FoundFamily, TensorRtSearch } from './find-libraries';
import { findTensorRt } from './find-libraries';
import type { Environment } from './find-libraries-places';
import { familyNames } from './find-libraries-names';
import { loadAddon } from './load-addon';
import { withRemedy } from './native-errors';
import { firstWorking, probeLibrary } from './probe-process';

export interface LibrariesOptions {
  readonly dataDirectory: string;
  readonly env?: Environment;
  /** What the settings name; read each time, since they change. */
  readonly settings?: () => { readonly folder?: string | undefined; readonly family?: RuntimeFamily | undefined };
}

/** An open family with what is known of its files. */
export interface OpenFamily {
  readonly library: NativeLibrary;
  readonly found: FoundFamily;
}

/**
 * The way to TensorRT in this process: finds libraries, asks CUDA for devices, opens each family once. Nothing of
 * TensorRT is touched before CUDA has answered, since some versions end the process where there is no device.
 */
export class TensorRtLibraries {
  readonly #options: LibrariesOptions;
  readonly #open = new Map<RuntimeFamily, Promise<OpenFamily>>();
  #search: Promise<TensorRtSearch> | null = null;
  #cuda: Promise<CudaReport> | null = null;

  constructor(options: LibrariesOptions) {
    this.#options = options;
  }

  /** @throws AppError ADDON_MISSING, ADDON_BROKEN */
  addon(): NativeAddon {
    return loadAddon(this.#options.env ?? process.env);
  }

  /** Devices of this machine. The driver's answer is kept: devices do not come and go. */
  async cuda(): Promise<CudaReport> {
    this.#cuda ??= this.addon().probeCuda();
    return this.#cuda;
  }

  /** The device of this number. @throws AppError NO_DEVICE, DEVICE_UNKNOWN */
  async device(index: number): Promise<CudaDevice> {
    const { devices, reason } = await this.cuda();
    const device = devices.find((each) => each.index === index);
    if (device !== undefined) return device;
    if (devices.length === 0) throw noDevice(reason);
    throw new AppError('DEVICE_UNKNOWN', `There is no CUDA device ${index} here.`, {
      hint: `Use ${devices.map((each) => `${each.index} (${each.name})`).join(' or ')}.`,
      details: { device: index },
    });
  }

  /** What lies on this machine's disks; read anew with `fresh`. */
  async search(fresh = false): Promise<TensorRtSearch> {
    if (fresh) this.#search = null;
    this.#search ??= this.#find();
    return this.#search;
  }

  /**
   * The family to build with or to run on: the one that is asked for, or the best for the first device.
   * @throws AppError TENSORRT_MISSING
   */
  async choose(family: RuntimeFamily | 'auto'): Promise<FoundFamily> {
    const before = await this.search();
    // What was not found before may have been installed since.
    const search = before.chosen === null ? await this.search(true) : before;
    const { families, reason } = search;
    const found =
      family === 'auto'
        ? await this.#automatic(search)
        : best(families.filter((each) => each.family === family && each.usable));
    if (found !== null && found !== undefined) return found;
    const broken = families.find((each) => each.family === family)?.problems[0];
    const what = family === 'auto' ? reason : (broken ?? `${familyNames[family]} was not found on this machine.`);
    throw new AppError('TENSORRT_MISSING', what, {
      hint: '`maskforge runtimes install` fetches one; `maskforge doctor` shows every place that was looked at.',
      details: { family },
    });
  }

  /** The family's library, opened once. @throws AppError TENSORRT_MISSING, NO_DEVICE, LIBRARY_BROKEN, ADDON_… */
  async open(family: RuntimeFamily | 'auto'): Promise<OpenFamily> {
    const found = await this.choose(family);
    let opening = this.#open.get(found.family);
    if (opening === undefined) {
      opening = this.#openFamily(found);
      this.#open.set(found.family, opening);
      opening.catch(() => this.#open.delete(found.family));
    }
    return opening;
  }

  async #find(): Promise<TensorRtSearch> {
    const { dataDirectory, env, settings } = this.#options;
    const { folder, family } = settings?.() ?? {};
    const computeCapability = await this.cuda().then(
      ({ devices }) => devices[0]?.computeCapability,
      () => undefined,
    );
    return findTensorRt({ dataDirectory, setting: folder, family, computeCapability, env });
  }

  /** The best one that can be opened; where none can, the best one, whose opening says why. */
  async #automatic(search: TensorRtSearch): Promise<FoundFamily | null> {
    return (await firstWorking(search, { env: this.#options.env }))?.found ?? search.chosen;
  }

  async #openFamily(found: FoundFamily): Promise<OpenFamily> {
    const { family, backend, runtime, parser } = found;
    // TensorRT 10 and 11 end the process, or hand out what is none, where there is no device.
    if (family !== 'tensorrt-rtx') {
      const { devices, reason } = await this.cuda();
      if (devices.length === 0) throw noDevice(reason);
    }
    // Libraries that abort or crash do so in a process of their own first.
    await probeLibrary(found, { env: this.#options.env });
    const library = await withRemedy(runtime, () => this.addon().openLibrary({ family, backend, runtime, parser }));
    for (const plugin of found.plugins) await withRemedy(plugin, () => library.loadPlugins(plugin));
    return { library, found };
  }
}

function best(families: readonly FoundFamily[]): FoundFamily | undefined {
  return (
    families.find((each) => each.canBuild && each.servesDevice) ?? families.find((each) => each.canBuild) ?? families[0]
  );
}

function noDevice(reason: string): AppError {
  const why = reason === '' ? '' : ` (${reason})`;
  return new AppError('NO_DEVICE', `There is no NVIDIA GPU that CUDA can use here${why}.`, {
    hint: 'TensorRT engines run on NVIDIA GPUs with their driver. ONNX Runtime works without, and TensorRT for RTX builds without.',
  });
}

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { elf, tensorRt106 } from '../../../runtimes/tensorrt/find-libraries-testing';

/** What tests tell the stand-in addon to do; see stand-in-addon.cjs. */
export interface StandInSettings {
  readonly STAND_IN_STEPS?: string;
  readonly STAND_IN_STEP_MS?: string;
  readonly STAND_IN_FAIL?: string;
  readonly STAND_IN_VERSION?: string;
  readonly STAND_IN_GPU?: string;
  readonly STAND_IN_NO_GPU?: string;
  readonly STAND_IN_LAYERS?: string;
  readonly STAND_IN_SALT?: string;
  /** A white picture loses the device. */
  readonly STAND_IN_FAULT?: string;
  /** Masks stay as they are: nothing is computed. */
  readonly STAND_IN_BLANK?: string;
}

/** A folder with an addon, a backend and TensorRT's libraries, of which only the addon is more than a file's header. */
export function putStandIn(folder: string): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  const addon = join(folder, 'stand-in-addon.cjs');
  copyFileSync(join(__dirname, 'stand-in-addon.cjs'), addon);
  for (const name of [...tensorRt106, 'libmaskforge_backend_tensorrt10.so']) writeFileSync(join(folder, name), elf());
  return { MASKFORGE_ADDON: addon, MASKFORGE_TENSORRT: folder, STAND_IN_PROJECT: join(__dirname, '../../../..') };
}

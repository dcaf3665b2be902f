import type { Pass } from '../pass';
import { foldDecodeHead } from './fold-decode-head';
import { fuseDecodeHead } from './fuse-decode-head';
import { fuseLayerNorm } from './fuse-layernorm';
import { fuseMixFfn } from './fuse-mixffn';
import { imageInput } from './image-input';
import { dynamicFlatten, makeDynamic } from './make-dynamic';
import { maskOutput } from './mask-output';
import { setShapes } from './set-shapes';
import type { SetShapesOptions } from './set-shapes';
import { shapeReshape } from './shape-reshape';
import { simplify } from './simplify';
import type { LowPrecisionOptions } from './to-low-precision';
import { toBfloat16, toFloat16 } from './to-low-precision';
import { IMAGENET_FORM } from '../verify/samples';

/** What a user decides about passes; each takes from it what concerns it. */
export interface PassSettings {
  readonly layerNorm?: 'native' | 'plugin' | 'keep';
  /** Names of the LayerNorms to rewrite; all when left out. */
  readonly only?: readonly string[];
  /** Lets a norm for the plugin take the addition in front of it along. */
  readonly residual?: boolean;
  readonly preprocessing?: Parameters<typeof imageInput>[0]['preprocessing'];
  readonly mask?: Parameters<typeof maskOutput>[0];
  /** Sizes for `set-shapes`. */
  readonly sizes?: SetShapesOptions;
  /** For `to-float16` and `to-bfloat16`. */
  readonly precision?: LowPrecisionOptions;
}

type Factory = (settings: PassSettings) => Pass;

/** Every pass by its name, in the order in which they help each other. */
const FACTORIES: Readonly<Record<string, Factory>> = {
  simplify: () => simplify(),
  'shape-reshape': () => shapeReshape,
  'dynamic-flatten': () => dynamicFlatten,
  'make-dynamic': () => makeDynamic,
  'set-shapes': ({ sizes }) => setShapes(sizes ?? {}),
  'fuse-layernorm': ({ layerNorm, only, residual }) =>
    fuseLayerNorm({
      form: layerNorm === 'plugin' ? 'plugin' : 'native',
      ...(only === undefined ? {} : { only }),
      ...(residual === undefined ? {} : { residual }),
    }),
  'fuse-mixffn': () => fuseMixFfn,
  'fold-decode-head': () => foldDecodeHead,
  'fuse-decode-head': () => fuseDecodeHead,
  'image-input': ({ preprocessing }) => imageInput({ preprocessing: preprocessing ?? IMAGENET_FORM }),
  'mask-output': ({ mask }) => maskOutput(mask ?? { size: 'input' }),
  'to-float16': ({ precision }) => toFloat16(precision),
  'to-bfloat16': ({ precision }) => toBfloat16(precision),
};

export function passNames(): string[] {
  return Object.keys(FACTORIES);
}

/** Undefined for a name that no pass has. */
export function createPass(name: string, settings: PassSettings = {}): Pass | undefined {
  return FACTORIES[name]?.(settings);
}

export function registeredPasses(settings: PassSettings = {}): Pass[] {
  return Object.values(FACTORIES).map((factory) => factory(settings));
}

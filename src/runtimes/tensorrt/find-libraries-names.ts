import type { RuntimeFamily } from './addon';

/** What a file is, told from its name alone. */
export type LibraryName =
  | { readonly kind: 'runtime' | 'parser'; readonly product: Product; readonly version: string; readonly rank: number }
  | { readonly kind: 'builder'; readonly version: string; readonly target: string };

/** Two lines of products with numbers of their own: TensorRT (10, 11, …), and TensorRT for RTX (1, …). */
export type Product = 'tensorrt' | 'rtx';

const LINUX = {
  runtime: { tensorrt: /^libnvinfer\.so((?:\.\d+)*)$/, rtx: /^libtensorrt_rtx\.so((?:\.\d+)*)$/ },
  parser: { tensorrt: /^libnvonnxparser\.so((?:\.\d+)*)$/, rtx: /^libtensorrt_onnxparser_rtx\.so((?:\.\d+)*)$/ },
  builder: /^libnvinfer_builder_resource(?:_([a-z0-9]+))?\.so((?:\.\d+)*)$/,
};
const WINDOWS = {
  runtime: { tensorrt: /^nvinfer((?:_\d+)*)\.dll$/i, rtx: /^tensorrt_rtx((?:_\d+)*)\.dll$/i },
  parser: { tensorrt: /^nvonnxparser((?:_\d+)*)\.dll$/i, rtx: /^tensorrt_onnxparser_rtx((?:_\d+)*)\.dll$/i },
  builder: /^nvinfer_builder_resource(?:_([a-z]+[a-z0-9]*))?((?:_\d+)*)\.dll$/i,
};

/** Null for files that are none of TensorRT's. `version` is what the name tells: ``, `10` or `10.6.0`. */
export function parseLibraryName(name: string, platform: string): LibraryName | null {
  const patterns = platform === 'win32' ? WINDOWS : LINUX;
  const builder = patterns.builder.exec(name);
  if (builder !== null)
    return { kind: 'builder', target: (builder[1] ?? 'all').toLowerCase(), version: dotted(builder[2]) };
  for (const kind of ['runtime', 'parser'] as const) {
    for (const product of ['tensorrt', 'rtx'] as const) {
      const match = patterns[kind][product].exec(name);
      if (match === null) continue;
      const version = dotted(match[1]);
      const parts = version === '' ? 0 : version.split('.').length;
      // The loader's own name (`libnvinfer.so.10`) first, then whole versions, then the name that only linkers use.
      return { kind, product, version, rank: parts === 1 ? 0 : parts > 1 ? 1 : 2 };
    }
  }
  return null;
}

/** The family whose interface a version has; null for versions that no backend of ours speaks. */
export function familyOf(product: Product, version: string): RuntimeFamily | null {
  const major = version.split('.')[0];
  if (product === 'rtx') return major === '1' ? 'tensorrt-rtx' : null;
  if (major === '10') return 'tensorrt-10';
  return major === '11' ? 'tensorrt-11' : null;
}

export function productOf(family: RuntimeFamily): Product {
  return family === 'tensorrt-rtx' ? 'rtx' : 'tensorrt';
}

export const familyNames: Readonly<Record<RuntimeFamily, string>> = {
  'tensorrt-10': 'TensorRT 10',
  'tensorrt-11': 'TensorRT 11',
  'tensorrt-rtx': 'TensorRT for RTX',
};

/** `10.6.0` of `10.6.0` and `10`: the longer of two that agree; the first where they do not. */
export function finerVersion(first: string, second: string): string {
  return second.startsWith(first === '' ? '' : `${first}.`) ? second : first;
}

function dotted(suffix: string | undefined): string {
  return (suffix ?? '').replaceAll('_', '.').replace(/^\./, '');
}

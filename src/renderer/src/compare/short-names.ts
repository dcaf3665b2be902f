const SEPARATOR = ' · ';

/**
 * What tells names apart: parts that all have in common at their beginning or end are left out, as long as something is
 * left of each. `Net · FP32 · ONNX Runtime` and `Net · INT8 · ONNX Runtime` become `FP32` and `INT8`.
 */
export function shortNames(names: readonly string[]): string[] {
  let parts = names.map((name) => name.split(SEPARATOR));
  for (const [at, rest] of [
    [(all: string[]) => all[0], (all: string[]) => all.slice(1)],
    [(all: string[]) => all[all.length - 1], (all: string[]) => all.slice(0, -1)],
  ] as const) {
    while (parts.length > 1 && parts.every((all) => all.length > 1 && at(all) === at(parts[0] ?? []))) {
      parts = parts.map(rest);
    }
  }
  const short = parts.map((all) => all.join(SEPARATOR));
  return new Set(short).size === new Set(names).size ? short : [...names];
}

const SEPARATOR = ' · ';
/** What the studio adds to names that would be the same without: `(model)`, `(3dcaf5)`. */
const ADDED = / \([^()]*\)$/;

/**
 * What tells names apart: parts that all have in common at their beginning or end are left out, as long as something is
 * left of each. `Net · FP32 · ONNX Runtime` and `Net · INT8 · ONNX Runtime` become `FP32` and `INT8`. Names of one part,
 * such as drawn masks have, stay as they are.
 */
export function shortNames(names: readonly string[]): string[] {
  const parts = names.map((name) => name.replace(ADDED, '').split(SEPARATOR));
  let long = parts.filter((all) => all.length > 1);
  while (haveInCommon(long, 0)) long = long.map((all) => all.slice(1));
  while (haveInCommon(long, -1)) long = long.map((all) => all.slice(0, -1));
  const left = long.values();
  const short = parts.map((all, i) => {
    const kept = all.length > 1 ? left.next().value : undefined;
    return (kept ?? all).join(SEPARATOR) + (ADDED.exec(names[i] ?? '')?.[0] ?? '');
  });
  return new Set(short).size === new Set(names).size ? short : [...names];
}

function haveInCommon(parts: readonly string[][], at: 0 | -1): boolean {
  const wanted = parts[0]?.at(at);
  return parts.length > 1 && parts.every((all) => all.length > 1 && all.at(at) === wanted);
}

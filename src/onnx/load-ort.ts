import type * as Ort from 'onnxruntime-node';

export type OrtModule = typeof Ort;

let loading: Promise<OrtModule> | undefined;

/** ONNX Runtime's library takes tens of milliseconds to load, so it is loaded when it is first needed. */
export function loadOrt(): Promise<OrtModule> {
  loading ??= import('onnxruntime-node').then((ort) => {
    keepHalvesAsIntegers(ort);
    return ort;
  });
  return loading;
}

/**
 * Where JavaScript has a Float16Array (Node 24), ONNX Runtime's JavaScript part makes each float16 tensor one, and its native
 * part takes that for an array of no bytes. Which kind of array it uses is settled with the first tensor that is made: made
 * while there is no Float16Array, it is Uint16Array for good, on any Node.
 */
function keepHalvesAsIntegers({ Tensor }: OrtModule): void {
  const known = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array');
  if (known === undefined) return;
  Reflect.deleteProperty(globalThis, 'Float16Array');
  try {
    new Tensor('bool', Uint8Array.of(1), [1]);
  } finally {
    Object.defineProperty(globalThis, 'Float16Array', known);
  }
}

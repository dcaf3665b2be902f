// What the checks of the addon share: TensorRT opened through it, and the requests that suit one engine of the library,
// which takes pictures of one size and gives logits.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

/** @param {string} libraries folder of the addon and its backend @param {string} tensorrt folder of TensorRT 10 */
export function openTensorRt(libraries, tensorrt) {
  const folder = resolve(libraries);
  const addon = createRequire(import.meta.url)(join(folder, 'maskforge.node'));
  const part = (start) => {
    const name = readdirSync(tensorrt).find((each) => each.startsWith(start));
    if (name === undefined) throw new Error(`${tensorrt} holds no ${start}`);
    return join(resolve(tensorrt), name);
  };
  return addon.openLibrary({
    family: 'tensorrt-10',
    backend: join(folder, 'libmaskforge_backend_tensorrt10.so'),
    runtime: part('libnvinfer.so'),
    parser: part('libnvonnxparser.so'),
  });
}

/** A float32 as the nearest float16 of its size: enough for pictures' numbers. */
function half(value) {
  const [bits] = new Uint32Array(new Float32Array([value]).buffer);
  const exponent = ((bits >>> 23) & 0xff) - 112;
  return exponent <= 0 ? 0 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

/** @param {string} engine its folder in the engine library */
export function describeEngine(engine) {
  const record = JSON.parse(readFileSync(join(engine, 'engine.json'), 'utf8'));
  const input = record.tensors.find(({ isInput }) => isInput);
  const output = record.tensors.find(({ isInput }) => !isInput);
  const [, , height, width] = input.dims;
  const [, , gridHeight, gridWidth] = output.dims;
  const values = Array.from({ length: 3 * 256 }, (_, index) => ((index % 256) / 255 - 0.45) / 0.225);
  const isHalf = input.type === 'float16';
  const tables = isHalf ? Uint16Array.from(values, half) : Float32Array.from(values);
  return {
    record,
    plan: join(engine, record.plan.file),
    width,
    height,
    sessionOptions: {
      input: input.name,
      output: output.name,
      outputIsLogits: true,
      normalisation: {
        nhwc: false,
        channels: 3,
        source: [0, 1, 2],
        tables: new Uint8Array(tables.buffer),
        resample: 'bilinear',
      },
    },
    placement: {
      resizedWidth: width,
      resizedHeight: height,
      inputWidth: width,
      inputHeight: height,
      fill: new Uint8Array(isHalf ? 6 : 12),
      tiles: [{ x: 0, y: 0 }],
      maskWidth: width,
      maskHeight: height,
      scaleX: gridWidth / width,
      scaleY: gridHeight / height,
    },
  };
}

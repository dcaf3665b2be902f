'use strict';
// A native addon for tests of everything above it, where there is no GPU. Its "plan" is the ONNX file's path; a session
// runs that on ONNX Runtime. What it is told to do wrong comes from the environment, so that child processes can use it.
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

const setting = (name, fallback) => process.env[`STAND_IN_${name}`] ?? fallback;
const fromProject = createRequire(path.join(setting('PROJECT', process.cwd()), 'package.json'));

function coded(code, message) {
  return Object.assign(new Error(message), { code });
}

const device = () => ({
  index: 0,
  name: setting('GPU', 'Stand-in GPU'),
  computeCapability: Number(setting('CAPABILITY', '90')),
  totalMemory: 2 ** 34,
  freeMemory: 2 ** 33,
  uuid: '',
  multiprocessors: 1,
});

async function build(request, onEvent, signal) {
  const steps = Number(setting('STEPS', '20'));
  const pause = Number(setting('STEP_MS', '0'));
  onEvent({ kind: 'log', severity: 'info', text: `timing cache of ${request.timingCache?.length ?? 0} bytes` });
  onEvent({ kind: 'phase', phase: 'Building', parent: '', steps: 2 });
  for (const [outer, inner] of ['Optimising', 'Choosing kernels'].entries()) {
    onEvent({ kind: 'phase', phase: inner, parent: 'Building', steps });
    for (let step = 0; step < steps; step++) {
      if (signal?.aborted) throw coded('CANCELLED', 'cancelled');
      await new Promise((resolve) => setTimeout(resolve, pause));
      onEvent({ kind: 'step', phase: inner, step });
    }
    onEvent({ kind: 'end', phase: inner });
    onEvent({ kind: 'step', phase: 'Building', step: outer });
    // Half of the plan is on the disk: what a process that dies here leaves behind.
    fs.writeFileSync(request.enginePath, `stand-in ${request.onnxPath}`.slice(0, outer === 0 ? 8 : undefined));
  }
  onEvent({ kind: 'end', phase: 'Building' });
  const failure = setting('FAIL', '');
  if (failure !== '') throw coded(failure, `TensorRT says: ${failure}`);
  onEvent({ kind: 'log', severity: 'warning', text: 'a LayerNorm may overflow' });
  const plan = `stand-in ${path.basename(request.onnxPath)} ${JSON.stringify(request.profiles)} ${setting('SALT', '')}`;
  fs.writeFileSync(request.enginePath, plan);
  return {
    engineBytes: plan.length,
    seconds: 0.5,
    layers: 3,
    tensors: [],
    timingCache: new Uint8Array([1, 2, 3, 4]),
    layerInformation: setting('LAYERS', ''),
    warnings: [],
  };
}

/** Runs the graph that lies beside the plan. */
async function openNetwork(planPath) {
  const ort = fromProject('onnxruntime-node');
  const session = await ort.InferenceSession.create(path.join(path.dirname(planPath), 'network.onnx'));
  return { ort, session };
}

/** Once a kernel has faulted nothing works any more, for as long as the process lives. */
let lost = false;

function checkDevice() {
  if (lost) throw coded('DEVICE_LOST', 'CUDA failed: an illegal memory access was encountered');
}

/** A white picture makes the kernel fault, where a test wants one that does. */
function faultAt(frames) {
  if (setting('FAULT', '') === '') return;
  if (lost) throw coded('SESSION_BROKEN', 'This session ended with a fault of the GPU');
  lost = frames.some(({ pixels }) => pixels.slice(0, 192).every((value) => value === 255));
  checkDevice();
}

function elementsOf(bytes) {
  if (bytes === 4) return [Float32Array, 'float32'];
  return bytes === 2 ? [Uint16Array, 'float16'] : [Uint8Array, 'uint8'];
}

/** Of 16 bits as they lie in memory. */
function toNumber(bits) {
  const [exponent, fraction, sign] = [(bits >> 10) & 31, bits & 1023, bits & 0x8000 ? -1 : 1];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** Where the network makes the mask by itself. */
function copyIds(mask, { maskWidth, maskHeight, scaleX, scaleY }, { data, dims }) {
  const gridWidth = dims.at(-1) === 1 && dims.length === 4 ? dims.at(-2) : dims.at(-1);
  for (let y = 0; y < maskHeight; y++)
    for (let x = 0; x < maskWidth; x++)
      mask[y * maskWidth + x] = Number(
        data[Math.floor((y + 0.5) * scaleY) * gridWidth + Math.floor((x + 0.5) * scaleX)],
      );
}

async function segment({ ort, session, options }, { frames, placement, masks }) {
  faultAt(frames);
  const { normalisation, input, output } = options;
  const { inputWidth: width, inputHeight: height } = placement;
  // Elements of the input's type; nothing is computed with them here.
  const [Elements, type] = elementsOf(normalisation.tables.byteLength / (3 * 256));
  const table = new Elements(normalisation.tables.slice().buffer);
  const fill = new Elements(placement.fill.slice().buffer);
  for (const [index, frame] of setting('BLANK', '') === '' ? frames.entries() : []) {
    const channels = frame.format === 'rgba8' ? 4 : 3;
    if (placement.tiles.length !== 1) throw coded('SESSION_UNSUPPORTED', 'no tiles here');
    const { resizedWidth, resizedHeight } = placement;
    // The nearest pixel: good enough for what is not compared.
    const [stepX, stepY] = [frame.width / resizedWidth, frame.height / resizedHeight];
    const data = new Elements(3 * width * height);
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const inside = x < resizedWidth && y < resizedHeight;
          const at = Math.floor(y * stepY) * frame.width + Math.floor(x * stepX);
          const pixel = frame.pixels[at * channels + normalisation.source[c]];
          data[(c * height + y) * width + x] = inside ? table[c * 256 + pixel] : fill[c];
        }
    const feeds = { [input]: new ort.Tensor(type, data, [1, 3, height, width]) };
    const result = (await session.run(feeds))[output];
    if (!options.outputIsLogits) {
      copyIds(masks[index], placement, result);
      continue;
    }
    const logits = result.data instanceof Uint16Array ? Float32Array.from(result.data, toNumber) : result.data;
    if (logits.some((value) => !Number.isFinite(value))) throw coded('MODEL_OUTPUT_NOT_FINITE', 'not finite');
    const [, classes, gridHeight, gridWidth] = result.dims;
    paint(masks[index], placement, { logits, classes, gridHeight, gridWidth });
  }
  const stage = 0.25;
  return {
    copyIn: stage,
    preprocess: stage,
    infer: stage,
    postprocess: stage,
    copyOut: stage,
    enqueue: 0.01,
    total: 1,
  };
}

/** Bilinear, centres corresponding, the lowest id wins a tie. */
function paint(mask, { maskWidth, maskHeight, scaleX, scaleY }, { logits, classes, gridHeight, gridWidth }) {
  const place = (pixel, scale, length) => {
    const at = Math.min(length - 1, Math.max(0, (pixel + 0.5) * scale - 0.5));
    const low = Math.floor(at);
    return [low, Math.min(length - 1, low + 1), at - low];
  };
  for (let y = 0; y < maskHeight; y++) {
    const [top, bottom, v] = place(y, scaleY, gridHeight);
    for (let x = 0; x < maskWidth; x++) {
      const [left, right, u] = place(x, scaleX, gridWidth);
      let best = 0;
      let bestValue = -Infinity;
      for (let c = 0; c < classes; c++) {
        const plane = c * gridHeight * gridWidth;
        const at = (row, column) => logits[plane + row * gridWidth + column];
        const upper = at(top, left) * (1 - u) + at(top, right) * u;
        const lower = at(bottom, left) * (1 - u) + at(bottom, right) * u;
        const value = upper * (1 - v) + lower * v;
        if (value > bestValue) [best, bestValue] = [c, value];
      }
      mask[y * maskWidth + x] = best;
    }
  }
}

function samples(count, value) {
  return Array.from({ length: count }, (_, index) => value + index / 1000);
}

async function openEngine(planPath) {
  checkDevice();
  if (!fs.readFileSync(planPath, 'latin1').startsWith('stand-in ')) throw coded('ENGINE_CORRUPT', 'no plan of ours');
  const network = await openNetwork(planPath);
  return {
    info: { tensors: [], profiles: [], deviceBytes: 1000, weightBytes: 500, layers: 3, name: 'stand-in' },
    layerInformation: async () => setting('LAYERS', ''),
    createSession: async (options) => ({
      deviceBytes: 2000,
      segment: (request) => segment({ ...network, options }, request),
      infer: async ([{ name, type, dims, bytes }]) => {
        const [Elements] = elementsOf(bytes.byteLength / dims.reduce((a, b) => a * b, 1));
        const feeds = { [name]: new network.ort.Tensor(type, new Elements(bytes.slice().buffer), dims) };
        const results = await network.session.run(feeds);
        return Object.entries(results).map(([key, tensor]) => ({
          name: key,
          type: 'float32',
          dims: tensor.dims,
          bytes: new Uint8Array(tensor.data.buffer),
        }));
      },
      bench: async (shape, { iterations }) => ({
        gpuCompute: samples(iterations, 1),
        copyIn: samples(iterations, 0.1),
        copyOut: samples(iterations, 0.05),
        enqueue: samples(iterations, 0.01),
        latency: samples(iterations, 1.15),
        wallSeconds: iterations / 800,
      }),
      profile: async () => [
        { name: 'first', medianMs: 0.25 },
        { name: 'second', medianMs: 0.75 },
      ],
      allocatePinned: (bytes) => new Uint8Array(bytes),
      close: async () => undefined,
    }),
    close: async () => undefined,
  };
}

module.exports = {
  version: 'stand-in',
  probeCuda: async () => ({
    driverLibrary: 'libcuda.so.1',
    cudaVersion: 13000,
    devices: setting('NO_GPU', '') === '' ? [device()] : [],
    reason: setting('NO_GPU', ''),
  }),
  openLibrary: async ({ family }) => ({
    family,
    version: setting('VERSION', '10.6.0'),
    buildsWithoutDevice: family === 'tensorrt-rtx',
    loadPlugins: async () => undefined,
    pluginCreators: async () => [],
    build,
    openEngine,
  }),
};

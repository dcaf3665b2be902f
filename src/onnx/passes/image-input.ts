import { add, addCast } from '../build';
import { DataType } from '../data-type';
import { describeIo } from '../describe-io';
import type { ModelIo } from '../describe-io';
import type { Graph } from '../graph';
import type { OnnxModel } from '../model';
import { nodeLabel } from '../node';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import type { DeclaredDim } from '../value-type';
import { readDeclaredType } from '../value-type';

/** What of a model's preprocessing happens to single pixels; resizing stays outside the graph. */
export interface ImageInputOptions {
  readonly preprocessing: {
    /** Of the network; pixels come as RGB. */
    readonly channelOrder: 'rgb' | 'bgr';
    readonly scale: number;
    /** Per channel, in the network's order. */
    readonly mean: readonly number[];
    readonly std: readonly number[];
  };
}

/**
 * Starts the network from pixels as cameras and decoders give them, uint8 [N, H, W, 3] in RGB order, and normalises
 * them in the graph: `(pixel * scale - mean[c]) / std[c]`, channels in the network's order.
 *
 * A network that takes uint8 already is left alone.
 */
export function imageInput(options: ImageInputOptions): Pass<ModelIo> {
  return {
    name: 'image-input',
    summary: 'Starts the network from 8-bit pixels and normalises them in the graph.',
    tolerance: { relative: 1e-4 },
    match: findInput,
    apply: (model, findings) => {
      for (const { data } of findings) prependNormalisation(model.graph, data, options);
    },
  };
}

function findInput(model: OnnxModel): Finding<ModelIo>[] {
  const io = describeIo(model);
  if (io.input.type === 'uint8') return [];
  const dims = inputDims(model.graph, io);
  return [
    {
      pass: 'image-input',
      nodes: model.graph.consumers(io.input.name).map(nodeLabel),
      ...because(
        'takes-floats',
        'The network takes normalised floats; taking 8-bit pixels moves a quarter of the bytes and spares the program the arithmetic.',
      ),
      before: `${io.input.type} [${dims.map((dim) => dim ?? '?').join(', ')}]`,
      after: `uint8 [${pixelDims(io, dims)
        .map((dim) => dim ?? '?')
        .join(', ')}]`,
      data: io,
    },
  ];
}

function prependNormalisation(graph: Graph, io: ModelIo, { preprocessing }: ImageInputOptions): void {
  const { input } = io;
  const dims = inputDims(graph, io);
  const pixels = graph.uniqueName('pixels');
  const isNchw = input.layout === 'NCHW';
  const channelAxis = isNchw ? 1 : 3;
  let value = pixels;
  // Moving bytes is cheaper than moving floats, but ONNX Runtime and TensorRT transpose and gather floats faster.
  value = addCast(graph, value, DataType.FLOAT);
  if (isNchw) value = add(graph, 'Transpose', [value], { perm: [0, 3, 1, 2] });
  if (preprocessing.channelOrder === 'bgr' && input.channels === 3) {
    const order = graph.addInitializer('maskforge/bgr', DataType.INT64, [3], [2, 1, 0]);
    value = add(graph, 'Gather', [value, order], { axis: channelAxis });
  }
  const constant = (name: string, numbers: readonly number[]): string => {
    const shape = isNchw ? [1, input.channels, 1, 1] : [1, 1, 1, input.channels];
    return graph.addInitializer(name, DataType.FLOAT, shape, numbers.slice(0, input.channels));
  };
  const { scale, mean, std } = preprocessing;
  const gain = std.map((deviation) => scale / deviation);
  const offset = mean.map((average, channel) => -average / (std[channel] ?? 1));
  value = add(graph, 'Mul', [value, constant('maskforge/gain', gain)]);
  value = add(graph, 'Add', [value, constant('maskforge/offset', offset)]);
  if (input.type === 'float16') value = addCast(graph, value, DataType.FLOAT16);
  graph.replaceAllUses(input.name, value);
  graph.removeInput(input.name);
  graph.addInput(pixels, DataType.UINT8, pixelDims(io, dims));
}

/** The input's dimensions with the channels last. */
function pixelDims(io: ModelIo, dims: readonly DeclaredDim[]): DeclaredDim[] {
  const [batch, first, second, third] = dims;
  const { channels } = io.input;
  return io.input.layout === 'NCHW' ? [batch, second, third, channels] : [batch, first, second, channels];
}

function inputDims(graph: Graph, io: ModelIo): readonly DeclaredDim[] {
  const info = graph.inputs.find(({ name }) => name === io.input.name);
  return readDeclaredType(info?.type)?.dims ?? [];
}

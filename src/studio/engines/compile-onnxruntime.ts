import type { EngineTensor } from '../../shared/domain/engine';
import { isEightBit } from '../../shared/domain/engine';
import { remark } from '../../shared/remark';
import { dataTypeLabel } from '../../onnx/data-type';
import { openModel } from '../../onnx/model';
import { nodeLabel } from '../../onnx/node';
import { readDeclaredType } from '../../onnx/value-type';
import { threadsFor } from '../../runtimes/onnxruntime/ort-runtime';
import { WorkerNetwork } from '../../runtimes/onnxruntime/worker-network';
import type { Compiled, Work } from './build-work';
import { seconds, warn } from './build-work';
import { engineFiles } from './engine-files';
import { kernelLayers, kernelLayersToText } from './kernel-layers';
import type { Rewritten } from './rewrite-graph';

const NO_FP16 = remark(
  'processor-fp16',
  'Processors have no FP16 kernels in ONNX Runtime: it converts to FP32 and back around what it computes. This engine ' +
    'shows what FP16 does to masks; FP32 is faster here.',
);

/**
 * The rewritten graph is the engine. ONNX Runtime opens it as it will be opened later and runs it once, so that an engine
 * which it refuses is never kept, and what it makes of the graph on this processor is told.
 *
 * @param workerFile the compiled worker thread; without it the network runs in this thread
 * @throws AppError CANCELLED, ONNX_UNSUPPORTED_OPERATOR, ONNX_REFUSED, …, MODEL_RUN_FAILED, OUT_OF_MEMORY
 */
export async function compileOnnxRuntime(
  work: Work,
  { io, file }: Rewritten,
  workerFile: string | undefined,
): Promise<Compiled> {
  const { observer, plan } = work;
  const { runtime, shapes, precision } = plan.recipe;
  observer.phase('build', `ONNX Runtime ${runtime.version}`);
  observer.progress(work.spans.build[0]);
  if (precision === 'fp16') warn(work, NO_FP16);
  const begun = seconds();
  const { width, height } = shapes.opt;
  const run = {
    path: file,
    input: io.input,
    width,
    height,
    threads: threadsFor(0),
    warmUp: 0,
    runs: 1,
    isEightBit: isEightBit(precision),
  };
  const kernels = await WorkerNetwork.profile(workerFile, run, observer.signal);
  const { tensors, nodes } = await describeGraph(file);
  const layers = kernelLayers(kernels, nodes);
  observer.progress(work.spans.build[1]);
  return {
    planFile: engineFiles.graph,
    tensors,
    layers: layers.length,
    layerInformation: kernelLayersToText(layers),
    seconds: seconds() - begun,
    warmCache: false,
  };
}

async function describeGraph(file: string): Promise<{ tensors: EngineTensor[]; nodes: string[] }> {
  const model = await openModel(file, { weights: 'lazy' });
  try {
    const { inputs, outputs, nodes } = model.graph;
    const describe = (values: typeof inputs, isInput: boolean): EngineTensor[] =>
      values.map(({ name, type }) => {
        const declared = readDeclaredType(type);
        const dims = (declared?.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : -1));
        return { name, isInput, type: declared === undefined ? '' : dataTypeLabel(declared.type), dims };
      });
    return { tensors: [...describe(inputs, true), ...describe(outputs, false)], nodes: nodes.map(nodeLabel) };
  } finally {
    model.close();
  }
}

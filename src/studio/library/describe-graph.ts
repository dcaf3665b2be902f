import { AppError } from '../../shared/app-error';
import type { ModelOutput } from '../../shared/domain/model';
import type { ModelIo } from '../../onnx/describe-io';
import { describeIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { openModel } from '../../onnx/model';
import type { DescribeGraph } from './graph-description';

/** Reads an ONNX file. Rejects with FILE_…, ONNX_…: what is wrong with the file or with its use for pictures. */
export const describeGraph: DescribeGraph = async (path) => {
  const model = await openModel(path);
  try {
    const first = describeIo(model);
    const io = describeIo(model, first.output.name);
    return {
      irVersion: io.irVersion,
      opset: io.opset,
      producer: io.producer,
      input: io.input,
      outputs: [io.output, ...otherOutputs(model, io)],
      metadata: { ...io.metadata },
      notes: [...io.warnings],
    };
  } finally {
    model.close();
  }
};

/** Further outputs that could be the mask: `model.json` may name one of them. */
function otherOutputs(model: OnnxModel, { output, probabilityOutput }: ModelIo): ModelOutput[] {
  const others = model.graph.outputs.filter(({ name }) => name !== output.name && name !== probabilityOutput);
  return others.flatMap(({ name }) => {
    try {
      return [describeIo(model, name).output];
    } catch (error) {
      if (error instanceof AppError) return [];
      throw error;
    }
  });
}

import type { Command } from 'commander';
import { resolve } from 'node:path';
import { saveModel } from '../onnx/model-write';
import { countNodes } from '../onnx/pass';
import { cutModel } from '../onnx/subgraph';
import { contextOf } from './context';
import { withModel } from './onnx-inspect';

interface ExtractOptions {
  readonly out: string;
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
  readonly json?: boolean;
}

export async function extractCommand(path: string, options: ExtractOptions, command: Command): Promise<void> {
  const context = contextOf(command);
  const out = resolve(context.io.cwd, options.out);
  await withModel(context, path, async (model) => {
    const part = cutModel(model, { inputs: options.inputs ?? [], outputs: options.outputs });
    await saveModel(part, out);
    const inputs = part.graph.inputs.map(({ name }) => name);
    if (options.json === true)
      context.terminal.json({ out, nodes: countNodes(part), inputs, outputs: options.outputs });
    else
      context.terminal.line(
        `${countNodes(part)} of ${countNodes(model)} nodes, from ${inputs.join(', ')}, written to ${out}`,
      );
  });
}

import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { extractCommand } from './onnx-extract';
import { convertCommand, fixCommand } from './onnx-fix';
import { diffCommand, inspectCommand } from './onnx-inspect';
import { verifyCommand } from './onnx-verify';
import { wholeNumber } from './parse-option';

/** `maskforge onnx …`: the workbench in the terminal. */
export function registerOnnxCommands(program: Command): void {
  const onnx = program
    .command('onnx')
    .summary('look into ONNX graphs, repair, convert and compare them')
    .description('Looks into ONNX graphs, repairs them, and proves that they still compute the same.');
  registerReaders(onnx);
  registerWriters(onnx);
  registerVerify(onnx);
}

function registerReaders(onnx: Command): void {
  sized(
    onnx
      .command('inspect')
      .summary('inputs, outputs, operators, weights, operations, and what each pass would do')
      .description('Says what is in a model and what each pass would do. Changes nothing.')
      .argument('<model>', 'ONNX file')
      .option('--no-findings', 'do not ask the passes')
      .option('--json', 'print one JSON object'),
    'the size that operations are counted for, where the model leaves it open (512)',
  ).action(inspectCommand);
  onnx
    .command('diff')
    .summary('what one model has and another has not')
    .description('Compares two models structurally. Nodes are paired by the values that they make.')
    .argument('<model>', 'ONNX file')
    .argument('<other>', 'ONNX file')
    .option('--json', 'print one JSON object')
    .action(diffCommand);
}

function registerWriters(onnx: Command): void {
  sized(
    onnx
      .command('fix')
      .summary('make a SegFormer buildable and fast')
      .description('Runs passes on a copy of the model, and compares the result with the original on ONNX Runtime.')
      .argument('<model>', 'ONNX file')
      .requiredOption('-o, --out <file>', 'where the result goes')
      .option('-p, --pass <names...>', 'run these passes, in this order, instead of what a SegFormer needs')
      .option('--dynamic', 'let batch, height and width vary')
      .addOption(
        new Option('--layernorm <form>', 'what LayerNorms become')
          .choices(['native', 'plugin', 'keep'])
          .default('native'),
      )
      .option('--no-verify', 'do not compare the result with the original')
      .option('--json', 'print one JSON object'),
    'pins the size of the input',
  ).action(fixCommand);
  onnx
    .command('convert')
    .summary('write the precision into the graph')
    .description('Rewrites a model to 16-bit floats. Inputs and outputs keep their types.')
    .argument('<model>', 'ONNX file')
    .requiredOption('-o, --out <file>', 'where the result goes')
    .addOption(new Option('--precision <type>', 'type to compute in').choices(['fp16', 'bf16']).makeOptionMandatory())
    .option('--images <folder>', 'pictures to see which layers leave the range of the type')
    .option('--no-verify', 'do not compare the result with the original')
    .option('--json', 'print one JSON object')
    .action(convertCommand);
  onnx
    .command('extract')
    .summary('cut a part out of a model')
    .description('Writes the part of a model between values.')
    .argument('<model>', 'ONNX file')
    .requiredOption('-o, --out <file>', 'where the part goes')
    .option('-i, --inputs <names...>', 'values that become inputs; the model’s own inputs when left out')
    .requiredOption('-t, --outputs <names...>', 'values that become outputs')
    .option('--json', 'print one JSON object')
    .action(extractCommand);
}

function registerVerify(onnx: Command): void {
  sized(
    onnx
      .command('verify')
      .summary('how far two models are apart')
      .description('Runs both models on ONNX Runtime, without its optimiser, on the same pictures, and compares.')
      .argument('<reference>', 'ONNX file')
      .argument('<other>', 'ONNX file')
      .option('--images <folder>', 'compare on the pictures of this folder')
      .option('--random <count>', 'compare on this many made-up pictures', wholeNumber)
      .option(
        '--tolerance <relative>',
        'largest difference that counts as equal, over the largest magnitude',
        fraction,
        1e-4,
      )
      .option('--layers', 'look for the first layer that differs')
      .option('--json', 'print one JSON object'),
    'size of the pictures, where the models leave it open (512)',
  )
    .addHelpText('after', '\nExit codes: 0 equal within the tolerance, 1 not equal.')
    .action(verifyCommand);
}

function sized(command: Command, what: string): Command {
  return command
    .option('--height <pixels>', what, wholeNumber)
    .option('--width <pixels>', what, wholeNumber)
    .option('--batch <count>', what, wholeNumber);
}

function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('A number of at least 0 is needed.');
  return value;
}

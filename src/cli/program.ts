import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerBatch } from './commands/batch';
import { registerBench } from './commands/bench';
import { registerBuild } from './commands/build';
import { registerCalibrate } from './commands/calibrate';
import { registerCompare } from './commands/compare';
import { registerDoctor } from './commands/doctor';
import { registerEngine } from './commands/engine';
import { registerModels } from './commands/models';
import { registerRuntimes } from './commands/runtimes';
import { registerSegment } from './commands/segment';
import { registerServe } from './commands/serve';
import { registerTune } from './commands/tune';
import { registerVerify } from './commands/verify';
import { registerVideo } from './commands/video';
import type { CliContext } from './context';
import { setContext } from './context';
import { registerOnnxCommands } from './onnx';

/** The whole command line. Nothing here ends the process: commander's exits become exceptions. */
export function createProgram(context: CliContext): Command {
  const { terminal } = context;
  const program = new Command('maskforge')
    .description('Segments pictures with ONNX networks, and keeps the networks in order.')
    .version(readVersion(context.root), '-V, --version')
    // So that commands may have a --version of their own.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('Add --help to see how it is used.')
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => terminal.line(text.replace(/\n$/, '')),
      writeErr: (text) => terminal.note(text.replace(/\n$/, '')),
      getOutHasColors: () => terminal.colors('stdout'),
      getErrHasColors: () => terminal.colors('stderr'),
      getOutHelpWidth: () => context.io.stdout.columns ?? 100,
      getErrHelpWidth: () => context.io.stderr.columns ?? 100,
    })
    .addHelpText(
      'after',
      `
Environment: MASKFORGE_HOME (data folder), NO_COLOR.

Exit codes: 0 all done, 1 some inputs failed (each is named), 2 wrong usage, 130 cancelled.`,
    );
  setContext(program, context);
  registerSegment(program);
  registerBatch(program);
  registerVideo(program);
  registerModels(program);
  registerOnnxCommands(program);
  registerCalibrate(program);
  registerTune(program);
  registerBuild(program);
  registerEngine(program);
  registerBench(program);
  registerVerify(program);
  registerCompare(program);
  registerRuntimes(program);
  registerDoctor(program);
  registerServe(program);
  return program;
}

function readVersion(root: string): string {
  try {
    const content: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    if (typeof content === 'object' && content !== null && 'version' in content) return String(content.version);
  } catch {
    // A program without its package file still runs.
  }
  return 'unknown';
}

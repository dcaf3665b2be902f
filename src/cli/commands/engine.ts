import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { ImageShape } from '../../shared/domain/engine';
import type { EngineInspection, EngineProfile } from '../../shared/domain/engine-measurement';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { withStudio } from '../open-studio';
import { countOf, shapeOf } from '../parse-engine-options';
import { formatBytes } from '../progress';
import { table } from '../table';
import { describeEngine } from './build';

interface JsonOption {
  readonly json?: boolean;
}

/** Layers that are named one by one. */
const MOST_WIDE = 8;

const ENGINE = 'id of an engine, or its beginning';

export function registerEngine(program: Command): void {
  const engine = program
    .command('engine')
    .summary('list, look into, profile, remove and export engines')
    .description('The engines that were built.');
  registerReaders(engine);
  registerChanges(engine);
}

function registerReaders(engine: Command): void {
  engine
    .command('list', { isDefault: true })
    .description('Lists the engines, the newest first, and says which of them cannot be used here.')
    .option('--json', 'print one JSON object for each engine')
    .action(async (options: JsonOption, self: Command) => list(contextOf(self), options));
  engine
    .command('inspect')
    .description(
      'Inputs, outputs, profiles, memory, and the layers with the precision of each and the ONNX nodes it computes.',
    )
    .argument('<engine>', ENGINE)
    .option('--layers', 'list all layers')
    .option('--json', 'print one JSON object')
    .action(async (id: string, options: JsonOption & { layers?: boolean }, self: Command) => {
      const context = contextOf(self);
      const inspection = await withStudio(context, (studio) => studio.call('engines.inspect', { engineId: id }));
      if (options.json === true) context.terminal.json(inspection);
      else printInspection(context, inspection, options.layers === true);
    });
  engine
    .command('profile')
    .description('Time of each layer, the slowest first, with the ONNX nodes that it computes.')
    .argument('<engine>', ENGINE)
    .option('--runs <count>', 'runs to take the median of', countOf, 50)
    .option('--shape <shape>', 'batch and size (default: what the engine is made for)', shapeOf)
    .option('--top <count>', 'show only so many layers', countOf, 30)
    .option('--json', 'print one JSON object with all layers')
    .action(async (id: string, options: ProfileOptions, self: Command) => profile(contextOf(self), id, options));
}

function registerChanges(engine: Command): void {
  engine
    .command('remove')
    .description('Moves an engine to the trash. "engine restore" brings it back until the next of its id is removed.')
    .argument('<engine>', ENGINE)
    .option('--json', 'print a JSON object')
    .action(async (id: string, { json }: JsonOption, self: Command) => {
      const context = contextOf(self);
      const { engineId } = await withStudio(context, (studio) => studio.call('engines.remove', { engineId: id }));
      if (json === true) context.terminal.json({ removed: engineId });
      else context.terminal.line(`removed ${engineId}; bring it back with: maskforge engine restore ${engineId}`);
    });
  engine
    .command('restore')
    .description('Brings an engine back from the trash.')
    .argument('<engine>', 'its whole id')
    .option('--json', 'print a JSON object')
    .action(async (id: string, options: JsonOption, self: Command) =>
      change(contextOf(self), options, 'engines.restore', id),
    );
  engine
    .command('trust')
    .description('Says that an engine from elsewhere may run here. An engine is code: trust only what you know.')
    .argument('<engine>', ENGINE)
    .option('--json', 'print a JSON object')
    .action(async (id: string, options: JsonOption, self: Command) =>
      change(contextOf(self), options, 'engines.trust', id),
    );
  engine
    .command('export')
    .description('Copies an engine with its recipe, its graph and its log to a folder.')
    .argument('<engine>', ENGINE)
    .requiredOption('-o, --out <folder>', 'a folder of the engine’s id is made in there')
    .option('--json', 'print a JSON object')
    .action(async (id: string, { out, json }: JsonOption & { out: string }, self: Command) => {
      const context = contextOf(self);
      const directory = resolve(context.io.cwd, out);
      const { files } = await withStudio(context, (studio) =>
        studio.call('engines.export', { engineId: id, directory }),
      );
      if (json === true) context.terminal.json({ files });
      else files.forEach((file) => context.terminal.line(file));
    });
  engine
    .command('import')
    .description('Takes in an engine that was exported elsewhere. It has to be trusted before it runs.')
    .argument('<folder>', 'the exported engine’s folder')
    .option('--json', 'print a JSON object')
    .action(async (folder: string, { json }: JsonOption, self: Command) => {
      const context = contextOf(self);
      const path = resolve(context.io.cwd, folder);
      const engine = await withStudio(context, (studio) => studio.call('engines.import', { path }));
      if (json === true) context.terminal.json(engine);
      else describeEngine(engine).forEach((line) => context.terminal.line(line));
    });
}

async function list(context: CliContext, { json }: JsonOption): Promise<void> {
  const { terminal } = context;
  const engines = await withStudio(context, (studio) => studio.call('engines.list', {}));
  if (json === true) return engines.forEach((engine) => terminal.json(engine));
  if (engines.length === 0) return terminal.note('There are no engines yet. Build one with: maskforge build MODEL');
  for (const engine of engines) {
    describeEngine(engine).forEach((line) => terminal.line(line));
    if (engine.state === 'damaged') terminal.warning(`${engine.id}: ${engine.reason}`);
  }
}

async function change(
  context: CliContext,
  { json }: JsonOption,
  call: 'engines.restore' | 'engines.trust',
  engineId: string,
): Promise<void> {
  const engine = await withStudio(context, (studio) => studio.call(call, { engineId }));
  if (json === true) context.terminal.json(engine);
  else describeEngine(engine).forEach((line) => context.terminal.line(line));
}

function printInspection({ terminal }: CliContext, inspection: EngineInspection, all: boolean): void {
  const { engine, tensors, profiles, layers, precisions, notHonoured, memory, passes, note } = inspection;
  describeEngine(engine).forEach((line) => terminal.line(line));
  for (const { name, isInput, type, dims } of tensors) {
    terminal.line(
      `${isInput ? 'input ' : 'output'}  ${name}: ${type} [${dims.map((dim) => (dim < 0 ? '?' : dim)).join(', ')}]`,
    );
  }
  profiles.forEach((profile, index) => {
    for (const { name, min, opt, max } of profile) {
      terminal.line(`profile ${index}  ${name}: ${min.join('x')} … ${opt.join('x')} … ${max.join('x')}`);
    }
  });
  const bytes = (count: number | null): string => (count === null ? 'unknown' : formatBytes(count));
  terminal.line(
    `memory  plan ${bytes(memory.plan)}, on the device ${bytes(memory.device)}, weights ${bytes(memory.weights)}`,
  );
  for (const { pass, findings, nodesBefore, nodesAfter } of passes) {
    terminal.line(`pass    ${pass}: ${findings} found, ${nodesBefore} → ${nodesAfter} nodes`);
  }
  const counts = Object.entries(precisions).map(([precision, count]) => `${count} ${precision}`);
  if (counts.length > 0) terminal.line(`layers  ${counts.join(', ')}`);
  for (const { name, precision, nodes } of notHonoured.slice(0, MOST_WIDE)) {
    terminal.warning(`${name} computes in ${precision} (${nodes.join(', ')})`);
  }
  const more = notHonoured.length - MOST_WIDE;
  if (more > 0) terminal.warning(`${more} more layers compute wider than the recipe says; --json names them all`);
  if (note !== '') terminal.note(note);
  if (!all) return;
  const rows = layers.map(({ name, kind, precision, nodes }) => [precision, kind, name, nodes.join(', ')]);
  table(rows).forEach((row) => terminal.line(row));
}

interface ProfileOptions extends JsonOption {
  readonly runs: number;
  readonly shape?: ImageShape;
  readonly top: number;
}

async function profile(context: CliContext, engineId: string, options: ProfileOptions): Promise<void> {
  const { runs, shape, top, json } = options;
  const report = await withStudio(context, (studio) =>
    studio.call('engines.profile', { engineId, runs, ...(shape === undefined ? {} : { shape }) }),
  );
  if (json === true) context.terminal.json(report);
  else printProfile(context, report, top);
}

function printProfile({ terminal }: CliContext, { layers, totalMs, runs, shape }: EngineProfile, top: number): void {
  const { batch, height, width } = shape;
  terminal.line(
    `${layers.length} layers, ${totalMs.toFixed(3)} ms in all, medians of ${runs} runs at ${batch}x${height}x${width}; ` +
      'timing each layer slows the whole down',
  );
  const rows = layers
    .slice(0, top)
    .map(({ name, medianMs, share, precision, nodes }) => [
      `${medianMs.toFixed(4)} ms`,
      `${(share * 100).toFixed(1)} %`,
      precision,
      nodes.length === 0 ? name : nodes.join(', '),
    ]);
  table(rows).forEach((row) => terminal.line(row));
  if (layers.length > top) terminal.line(`… and ${layers.length - top} more`);
}

import type { Command } from 'commander';
import type { DoctorItem } from '../../shared/domain/runtime';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { withStudio } from '../open-studio';
import type { Style } from '../terminal';

const MARKS: Record<DoctorItem['state'], { mark: string; style: Style }> = {
  ok: { mark: 'ok      ', style: 'green' },
  warning: { mark: 'warning ', style: 'yellow' },
  missing: { mark: 'missing ', style: 'dim' },
};

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('what this machine has, what is missing, how to get it')
    .description(
      'Says what the studio found on this machine, what is missing and how to get it. Missing parts are no failure.',
    )
    .option('--json', 'print one JSON object for each part')
    .action(async (options: { json?: boolean }, command: Command) => {
      await doctor(contextOf(command), options.json === true);
    });
}

async function doctor(context: CliContext, json: boolean): Promise<void> {
  const { terminal } = context;
  const items = await withStudio(context, (studio) => studio.call('app.doctor', {}));
  if (json) return items.forEach((item) => terminal.json(item));
  let before = '';
  for (const item of items) {
    const { mark, style } = MARKS[item.state];
    terminal.line(`${terminal.paint(style, mark)}${terminal.paint('bold', item.title)}  ${item.found}`);
    if (item.state === 'ok') continue;
    // Kinds of one runtime are sought in the same places: once is enough.
    const places = item.lookedAt.join('\n          ');
    if (places !== '' && places === before) terminal.line('        looked at: the same places');
    else if (places !== '')
      terminal.line(`        looked at:${item.lookedAt.length > 1 ? '\n          ' : ' '}${places}`);
    before = places;
    if (item.remedy !== '') terminal.line(`        ${item.remedy}`);
  }
}

import type { Command } from 'commander';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program';
import { Terminal } from './terminal';
import { repository } from './testing';

const FILE = join(repository, 'docs', 'cli.md');
const BEGIN =
  '<!-- The rest is what --help prints. UPDATE_DOCS=1 npx vitest run src/cli/reference.test.ts writes it anew. -->';

/** The help of every command, one section each. */
function reference(): string {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdout, stderr, stdin: new PassThrough(), env: { NO_COLOR: '1' }, cwd: '/' };
  const context = {
    io,
    terminal: new Terminal(io),
    signal: new AbortController().signal,
    root: repository,
    fail: () => undefined,
  };
  const sections: string[] = [];
  const visit = (command: Command, name: string): void => {
    sections.push(`## ${name}\n\n\`\`\`text\n${fullHelp(command).trim()}\n\`\`\`\n`);
    for (const below of command.commands) visit(below, `${name} ${below.name()}`);
  };
  const program = createProgram(context);
  visit(program, 'maskforge');
  return sections.join('\n');
}

/** With what `addHelpText` adds, which `helpInformation` leaves out. */
function fullHelp(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
  command.outputHelp();
  return text;
}

describe('docs/cli.md', () => {
  it('says what --help says', () => {
    const [head = '', tail = ''] = readFileSync(FILE, 'utf8').split(BEGIN);
    const wanted = `\n\n${reference()}`;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, `${head}${BEGIN}${wanted}`);
    else expect(tail, 'docs/cli.md is older than --help; the file says how to write it anew').toBe(wanted);
  });
});

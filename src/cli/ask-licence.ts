import { createInterface } from 'node:readline';
import { AppError } from '../shared/app-error';
import type { Licence } from '../shared/domain/model';
import type { CliContext } from './context';

/** Shows the licence and asks on a terminal. Nobody can answer elsewhere: there it is an error in the call. */
export async function askForLicence(
  { io, terminal, signal }: CliContext,
  subject: string,
  licence: Licence,
): Promise<boolean> {
  const refused = new AppError(
    'LICENCE_NOT_ACCEPTED',
    `${subject} is licensed: ${licence.name}. It has not been accepted.`,
    {
      hint: `Read ${licence.url ?? 'its page'}, then add --accept-licence.`,
      details: { subject },
    },
  );
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) throw refused;
  terminal.note(terminal.paint('bold', licence.name, 'stderr'));
  for (const part of [licence.text, licence.url]) if (part !== undefined) terminal.note(part);
  const lines = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      const stop = (): void => reject(new AppError('CANCELLED', 'The work was cancelled.'));
      lines.once('SIGINT', stop);
      lines.once('close', () => resolve(''));
      signal.addEventListener('abort', stop, { once: true });
      lines.question('Do you accept it? [y/N] ', resolve);
    });
    if (/^\s*y(es)?\s*$/i.test(answer)) return true;
  } finally {
    lines.close();
  }
  throw refused;
}

import { InvalidArgumentError } from 'commander';
import type { ReportLanguage } from '../shared/domain/comparison';
import { reportLanguageSchema } from '../shared/domain/comparison';

/** `--language` of commands that write pages. */
export function reportLanguage(text: string): ReportLanguage {
  const parsed = reportLanguageSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Pages can be written in ${reportLanguageSchema.options.join(' and ')}.`);
}

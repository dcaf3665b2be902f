import type { Job, LogLine } from '../../../shared/domain/job';
import { readPhaseDetail } from '../../../shared/phase-detail';
import { i18n } from '../i18n/i18n';
import { warningText } from '../notices/error-text';

const words = ['queue', 'prepare', 'calibrate', 'tune', 'rewrite', 'build', 'keep'] as const;

/** The phase of a build in the language of the window; what TensorRT calls its own steps stays as it is. */
export function phaseText({ phase }: Pick<Job, 'phase'>): string {
  const [first = '', ...rest] = phase.split(': ');
  const word = words.find((known) => known === first);
  if (word === undefined) return phase;
  const detail = rest.join(': ');
  const text = i18n.t(`build.phases.${word}`);
  return word === 'queue' || word === 'keep' || detail === '' ? text : `${text} · ${detailText(word, detail)}`;
}

function detailText(word: string, detail: string): string {
  const read = readPhaseDetail(word, detail);
  switch (read?.kind) {
    case undefined:
      return detail;
    case 'alone':
      return i18n.t('build.phaseDetails.alone', { block: read.block });
    case 'kept':
      return i18n.t('build.tuning.kept', { count: read.count });
    case 'everything':
      return i18n.t('build.tuning.all');
    case 'proving':
      return i18n.t('build.phaseDetails.proving');
  }
}

export type LogLevel = 'error' | 'warning' | 'info';

/** A line of a build's log, taken apart: `warning: text`; what we say ourselves, in the language of the window. */
export function logLine(line: LogLine): { readonly level: LogLevel; readonly text: string } {
  if (typeof line !== 'string') return { level: line.severity ?? 'warning', text: warningText(line) };
  const [, severity = '', text = line] = /^(internal-error|error|warning|info|verbose): (.*)$/s.exec(line) ?? [];
  if (severity === 'error' || severity === 'internal-error') return { level: 'error', text };
  return { level: severity === 'warning' ? 'warning' : 'info', text };
}

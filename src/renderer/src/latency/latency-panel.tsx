import { Pin, PinOff, RotateCcw, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../components/button';
import { Menu } from '../components/menu';
import { Tooltip } from '../components/tooltip';
import { Segmented } from '../display/segmented';
import { useFormat } from '../format/use-format';
import { shell } from '../shell/current-shell';
import { setWindow } from '../state/window-store';
import styles from './latency-panel.module.css';
import { stages, summarise, type LatencySummary } from './latency-stats';
import { clearLatency, pinRun, unpinRun, useLatency, type LatencyRun } from './latency-store';
import { GpuLine } from './gpu-line';
import { HistogramChart } from './histogram-chart';
import { TimelineChart } from './timeline-chart';
import { samplesAsCsv, samplesAsJson } from './samples-as-text';

type View = 'timeline' | 'histogram';

/** Where the time of the last frames went, for pictures as for videos. */
export function LatencyPanel() {
  const { t } = useTranslation();
  const run = useLatency((state) => state.run);
  const pinned = useLatency((state) => state.pinned);
  const [view, setView] = useState<View>('timeline');
  const summary = run === null ? null : summarise(run.samples, run.now);
  return (
    <section className={styles.panel} data-region="latency" aria-label={t('latency.title')}>
      <header className={styles.header}>
        <h2>{t('latency.title')}</h2>
        <span className={styles.view}>
          <Segmented
            label={t('latency.view')}
            value={view}
            options={[
              { value: 'timeline', label: t('latency.timeline') },
              { value: 'histogram', label: t('latency.histogram') },
            ]}
            onChange={setView}
          />
        </span>
        <span className={styles.title}>
          {run === null ? '' : `${run.title} · ${run.subject || t('latency.pictures')}`}
        </span>
        <Tools run={run} pinned={pinned} />
      </header>
      {run === null || summary === null ? (
        <p className={styles.empty}>{t('latency.empty')}</p>
      ) : (
        <>
          <Figures summary={summary} run={run} pinned={pinned} />
          <GpuLine />
          <div className={styles.chart}>
            {view === 'timeline' ? (
              <TimelineChart run={run} pinned={pinned} />
            ) : (
              <HistogramChart run={run} pinned={pinned} />
            )}
          </div>
          <Key summary={summary} />
        </>
      )}
    </section>
  );
}

function Tools({ run, pinned }: { readonly run: LatencyRun | null; readonly pinned: LatencyRun | null }) {
  const { t } = useTranslation();
  const save = (ending: 'csv' | 'json'): void => {
    if (run === null) return;
    const text = ending === 'csv' ? samplesAsCsv(run) : samplesAsJson(run);
    const mime = ending === 'csv' ? 'text/csv' : 'application/json';
    shell.download(`latency.${ending}`, mime, new TextEncoder().encode(text));
  };
  const isPinned = pinned !== null;
  return (
    <>
      <IconButton
        label={isPinned ? t('latency.unpin') : t('latency.pin')}
        pressed={isPinned}
        disabled={run === null && !isPinned}
        icon={isPinned ? <PinOff size={16} aria-hidden /> : <Pin size={16} aria-hidden />}
        onClick={isPinned ? unpinRun : pinRun}
      />
      <IconButton label={t('latency.clear')} icon={<RotateCcw size={16} aria-hidden />} onClick={clearLatency} />
      <Menu
        align="end"
        entries={[
          { kind: 'item', id: 'csv', label: t('latency.exportCsv'), run: () => save('csv') },
          { kind: 'item', id: 'json', label: t('latency.exportJson'), run: () => save('json') },
        ]}
        trigger={
          <Button variant="quiet" disabled={run === null}>
            {t('latency.save')}
          </Button>
        }
      />
      <IconButton
        label={t('latency.close')}
        icon={<X size={16} aria-hidden />}
        onClick={() => setWindow({ latencyOpen: false })}
      />
    </>
  );
}

interface FiguresProps {
  readonly summary: LatencySummary;
  readonly run: LatencyRun;
  readonly pinned: LatencyRun | null;
}

function Figures({ summary, run, pinned }: FiguresProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const ms = (value: number): string => format.milliseconds(value * 1e6);
  const compared = pinned === null ? null : summarise(pinned.samples, 0);
  const how = t('latency.how', { count: summary.n, warmUp: String(run.samples.length - summary.n) });
  const rows = [
    { name: 'p50', value: summary.p50, other: compared?.p50 },
    { name: 'p95', value: summary.p95, other: compared?.p95 },
    { name: 'p99', value: summary.p99, other: compared?.p99 },
  ];
  return (
    <Tooltip text={how} side="top">
      <dl className={styles.figures} tabIndex={0}>
        {rows.map(({ name, value, other }) => (
          <div key={name} className={styles.figure}>
            <dt>{name}</dt>
            <dd data-testid={`latency-${name}`}>{t('latency.milliseconds', { value: ms(value) })}</dd>
            {other !== undefined && <dd className={styles.other}>{ms(other)}</dd>}
          </div>
        ))}
        <div className={styles.figure}>
          <dt>{t('latency.framesPerSecond')}</dt>
          <dd data-testid="latency-fps">{summary.framesPerSecond.toFixed(1)}</dd>
        </div>
        <div className={styles.figure}>
          <dt>{t('latency.dropped')}</dt>
          <dd data-testid="latency-dropped">{format.integer(run.dropped)}</dd>
        </div>
        {pinned !== null && <div className={styles.pinned}>{t('latency.pinned', { title: pinned.title })}</div>}
      </dl>
    </Tooltip>
  );
}

/** The colours with the medians of their stages. */
function Key({ summary }: { readonly summary: LatencySummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul className={styles.key}>
      {stages.map((stage) => (
        <Tooltip key={stage} text={t(`latency.stagesLong.${stage}`)} side="top">
          <li tabIndex={0}>
            <span className={styles.swatch} data-stage={stage} />
            {t(`latency.stages.${stage}`)} <b>{format.milliseconds(summary.stages[stage] * 1e6)}</b>
          </li>
        </Tooltip>
      ))}
    </ul>
  );
}

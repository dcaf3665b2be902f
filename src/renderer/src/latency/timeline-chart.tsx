import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Area, ComposedChart, Line, ReferenceArea, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { jumpTo } from './jump-to';
import styles from './latency-panel.module.css';
import { percentile, stages, totalOf, type LatencySample } from './latency-stats';
import { WINDOW, type LatencyRun } from './latency-store';
import { stageColors } from './stage-colors';

interface Row extends Readonly<Record<string, number | null>> {
  readonly place: number;
}

/** Room above the highest frame that counts. */
const HEADROOM = 1.15;

interface TimelineProps {
  readonly run: LatencyRun;
  readonly pinned: LatencyRun | null;
}

/** Areas instead of a bar for each frame and stage: 300 frames are seven paths. */
export function TimelineChart({ run, pinned }: TimelineProps) {
  const { t } = useTranslation();
  const { samples } = run;
  const rows = samples.map((sample, place) => rowOf(sample, place, pinned?.samples[place]));
  const warm = samples.filter(({ warmUp }) => warmUp).length;
  const jump = (state: { activeTooltipIndex?: number | string | null | undefined }): void => {
    const sample = samples[Number(state.activeTooltipIndex ?? -1)];
    if (sample !== undefined) jumpTo(sample);
  };
  return (
    <div
      className={styles.plot}
      role="img"
      aria-label={t('latency.chart', { count: samples.length })}
      data-testid="timeline"
    >
      <ResponsiveContainer width="100%" height="100%" debounce={50}>
        <ComposedChart data={rows} margin={{ top: 4, right: 8, bottom: 0, left: 0 }} onClick={jump}>
          <XAxis dataKey="place" type="number" domain={[0, Math.max(30, Math.min(WINDOW, rows.length) - 1)]} hide />
          <YAxis
            width={44}
            domain={[0, top(samples, pinned)]}
            allowDataOverflow
            tick={{ fontSize: 11 }}
            tickLine={false}
            axisLine={false}
            tickCount={4}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'currentColor', strokeOpacity: 0.5 }}
            content={<Details samples={samples} />}
          />
          {layers(pinned !== null)}
          {warm > 0 && (
            <ReferenceArea x1={0} x2={Math.max(0.5, warm - 0.5)} className={styles.warmUp} ifOverflow="hidden" />
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

/** The stages on top of each other, and the pinned run's totals as a line. */
function layers(isPinned: boolean): ReactNode[] {
  const areas = stages.map((stage) => (
    <Area
      key={stage}
      dataKey={stage}
      stackId="stages"
      type="linear"
      stroke="none"
      fill={stageColors[stage]}
      fillOpacity={0.9}
      isAnimationActive={false}
      activeDot={false}
    />
  ));
  if (!isPinned) return areas;
  const line = (
    <Line
      key="pinned"
      dataKey="pinned"
      type="linear"
      className={styles.pinnedLine}
      stroke="currentColor"
      strokeWidth={1.5}
      strokeDasharray="4 3"
      dot={false}
      activeDot={false}
      isAnimationActive={false}
    />
  );
  return [...areas, line];
}

function rowOf(sample: LatencySample, place: number, pinned: LatencySample | undefined): Row {
  return { place, ...sample.stages, pinned: pinned === undefined ? null : totalOf(pinned) };
}

/** Warm-up and single outliers must not press the rest flat. */
function top(samples: readonly LatencySample[], pinned: LatencyRun | null): number {
  const totals = [...samples, ...(pinned?.samples ?? [])].filter(({ warmUp }) => !warmUp).map(totalOf);
  const sorted = (totals.length > 0 ? totals : samples.map(totalOf)).sort((a, b) => a - b);
  const wanted = Math.max(1, percentile(sorted, 0.99) * HEADROOM);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return Math.ceil((wanted / power) * 5) * (power / 5);
}

interface DetailsProps {
  readonly samples: readonly LatencySample[];
  readonly active?: boolean;
  readonly label?: string | number;
}

/** Under the pointer: one frame, stage by stage. */
function Details({ samples, active = false, label }: DetailsProps) {
  const { t } = useTranslation();
  const sample = samples[Number(label ?? -1)];
  if (!active || sample === undefined) return null;
  return (
    <div className={styles.details}>
      <p className={styles.detailsTitle}>
        {t('latency.frame', { frame: String(sample.frame) })} ·{' '}
        {t('latency.milliseconds', { value: totalOf(sample).toFixed(1) })}
      </p>
      {stages.map((stage) => (
        <p key={stage} className={styles.detail}>
          <span className={styles.swatch} data-stage={stage} />
          <span>{t(`latency.stages.${stage}`)}</span>
          <b>{sample.stages[stage].toFixed(2)}</b>
        </p>
      ))}
      <p className={styles.soft}>{sample.warmUp ? t('latency.warmUp') : t('latency.jump')}</p>
    </div>
  );
}

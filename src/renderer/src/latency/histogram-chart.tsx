import { useTranslation } from 'react-i18next';
import { Bar, BarChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import styles from './latency-panel.module.css';
import { histogram, type Bin } from './latency-stats';
import type { LatencyRun } from './latency-store';
import { stageColors } from './stage-colors';

const BINS = 24;

interface HistogramProps {
  readonly run: LatencyRun;
  readonly pinned: LatencyRun | null;
}

/** How often a frame took how long; a pinned run beside it, in the same bins. */
export function HistogramChart({ run, pinned }: HistogramProps) {
  const { t } = useTranslation();
  const both = [...run.samples, ...(pinned?.samples ?? [])];
  const bins = histogram(both, BINS);
  const rows = bins.map((bin, index) => ({
    name: bin.from.toFixed(bin.to - bin.from < 1 ? 1 : 0),
    count: countIn(run, bin, index === bins.length - 1),
    pinned: pinned === null ? 0 : countIn(pinned, bin, index === bins.length - 1),
  }));
  return (
    <div className={styles.plot} role="img" aria-label={t('latency.histogramChart')} data-testid="histogram">
      <ResponsiveContainer width="100%" height="100%" debounce={50}>
        <BarChart data={rows} margin={{ top: 4, right: 8, bottom: 0, left: 0 }} barCategoryGap={1}>
          <XAxis dataKey="name" tick={{ fontSize: 11 }} tickLine={false} axisLine={false} unit=" ms" />
          <YAxis
            width={44}
            allowDecimals={false}
            tick={{ fontSize: 11 }}
            tickLine={false}
            axisLine={false}
            tickCount={4}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fillOpacity: 0.1 }}
            contentStyle={{}}
            wrapperClassName={styles.details}
          />
          <Bar dataKey="count" name={t('latency.frames')} fill={stageColors.infer} isAnimationActive={false} />
          {pinned !== null && (
            <Bar dataKey="pinned" name={pinned.title} fill={stageColors.wait} isAnimationActive={false} />
          )}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

function countIn(run: LatencyRun, { from, to }: Bin, isLast: boolean): number {
  return run.samples.filter((sample) => {
    if (sample.warmUp) return false;
    const total = Object.values(sample.stages).reduce((sum, value) => sum + value, 0);
    return total >= from && (total < to || isLast);
  }).length;
}

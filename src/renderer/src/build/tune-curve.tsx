import { useTranslation } from 'react-i18next';
import { CartesianGrid, ReferenceLine, ResponsiveContainer, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import type { KeptTuning, NumberedPoint } from '../../../shared/domain/tuning';
import styles from './tune-panel.module.css';
import { curveOf } from './tunings';

interface CurveProps {
  readonly tuning: KeptTuning;
  readonly selected: number | null;
  readonly onSelect: (number: number) => void;
}

interface Row {
  readonly number: number;
  readonly x: number;
  readonly y: number;
}

/** Speed against agreement, a dot for each choice. The table below it says the same in numbers, and to those who see none. */
export function TuneCurve({ tuning, selected, onSelect }: CurveProps) {
  const { t } = useTranslation();
  const { wide, target, chosen } = tuning;
  const isTimed = curveOf(tuning).some(({ time }) => time !== undefined);
  const rows = curveOf(tuning).flatMap((point) => rowOf(point, isTimed));
  if (rows.length < 2) return null;
  const least = Math.min(target * 100, ...rows.map(({ y }) => y));
  const bottom = Math.max(0, Math.floor((least - 0.05) * 10) / 10);
  const [from, to] = spanOf(rows, isTimed);
  const name = t(isTimed ? 'build.tuning.timeAxis' : 'build.tuning.gainAxis', { wide: wide.toUpperCase() });
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>{t('build.tuning.chart', { axis: name })}</figcaption>
      <div className={styles.plot} role="img" aria-label={t('build.tuning.chartLabel')} data-testid="tune-curve">
        <ResponsiveContainer width="100%" height="100%" debounce={50}>
          <ScatterChart margin={{ top: 18, right: 16, bottom: 4, left: 0 }}>
            <CartesianGrid strokeOpacity={0.15} stroke="currentColor" />
            <XAxis dataKey="x" type="number" domain={[from, to]} reversed={isTimed} unit=" %" {...axis} />
            <YAxis dataKey="y" type="number" domain={[bottom, 100]} width={56} unit=" %" {...axis} />
            <ReferenceLine
              y={target * 100}
              stroke="currentColor"
              strokeDasharray="4 3"
              label={{
                value: t('build.tuning.targetLine'),
                position: 'insideBottomLeft',
                fontSize: 11,
                fill: 'currentColor',
              }}
            />
            {isTimed && (
              <ReferenceLine
                x={100}
                stroke="currentColor"
                strokeDasharray="1 3"
                label={{ value: wide.toUpperCase(), position: 'top', fontSize: 11, fill: 'currentColor' }}
              />
            )}
            <Scatter
              data={rows}
              isAnimationActive={false}
              shape={(props: unknown) => dot(props, { chosen, selected, onSelect })}
            />
          </ScatterChart>
        </ResponsiveContainer>
      </div>
    </figure>
  );
}

const axis = {
  tick: { fontSize: 11, fill: 'currentColor' },
  tickLine: false,
  axisLine: false,
  tickCount: 5,
} as const;

function rowOf({ number, agreement, gain, time }: NumberedPoint, isTimed: boolean): Row[] {
  if (isTimed && time === undefined) return [];
  const x = time === undefined ? gain : time.milliseconds / time.float;
  return [{ number, x: x * 100, y: agreement * 100 }];
}

/** With the wide network's place in it. */
function spanOf(rows: readonly Row[], isTimed: boolean): [number, number] {
  if (!isTimed) return [0, 100];
  const values = [100, ...rows.map(({ x }) => x)];
  return [Math.floor(Math.min(...values) / 5 - 0.4) * 5, Math.ceil(Math.max(...values) / 5 + 0.4) * 5];
}

/** The recommended one has a ring, the one that is looked at is full. */
function dot(
  props: unknown,
  {
    chosen,
    selected,
    onSelect,
  }: { chosen: number | null; selected: number | null; onSelect: (number: number) => void },
) {
  const place = placeOf(props);
  if (place === null) return <g />;
  const { x, y, number } = place;
  return (
    <g className={styles.dot} data-selected={number === selected} onClick={() => onSelect(number)}>
      <circle cx={x} cy={y} r={12} fill="transparent" />
      {number === chosen && <circle cx={x} cy={y} r={9} className={styles.ring} />}
      <circle cx={x} cy={y} r={5} className={styles.mark} />
      <title>{`#${number}`}</title>
    </g>
  );
}

/** What recharts hands over is untyped. */
function placeOf(props: unknown): { x: number; y: number; number: number } | null {
  if (typeof props !== 'object' || props === null) return null;
  const found = new Map<string, unknown>(Object.entries(props));
  const payload = found.get('payload');
  const number = typeof payload === 'object' && payload !== null && 'number' in payload ? payload.number : null;
  const [x, y] = [found.get('cx'), found.get('cy')];
  return typeof x === 'number' && typeof y === 'number' && typeof number === 'number' ? { x, y, number } : null;
}

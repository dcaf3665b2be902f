import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Tooltip } from '../components/tooltip';
import { useFormat } from '../format/use-format';
import { libraryStore, openSession } from '../state/library-store';
import { studio } from '../studio-client/studio';
import { addLoads, followLoads, sparkline, type GpuHistory } from './gpu-history';
import styles from './latency-panel.module.css';

const CURVE = { width: 59, height: 14 } as const;

/** What the GPU is doing, while somebody looks; nothing where there is none. */
export function GpuLine() {
  const { t } = useTranslation();
  const format = useFormat();
  const history = useGpuHistory();
  if (history === null) return null;
  const { load, utilisation } = history;
  const { width, height } = CURVE;
  const figures = [
    load.smClockMHz === null ? null : t('latency.gpu.clock', { value: format.integer(load.smClockMHz) }),
    load.temperatureC === null ? null : t('latency.gpu.temperature', { value: format.integer(load.temperatureC) }),
    load.memoryUsedBytes === null || load.memoryTotalBytes === null
      ? null
      : t('latency.gpu.memory', {
          used: format.bytes(load.memoryUsedBytes),
          total: format.bytes(load.memoryTotalBytes),
        }),
  ].filter((text) => text !== null);
  return (
    <Tooltip text={t('latency.gpu.how', { name: load.name })} side="top">
      <p className={styles.gpu} tabIndex={0} data-testid="latency-gpu">
        <span>{load.name}</span>
        {load.utilisation !== null && (
          <>
            <b>{t('latency.gpu.utilisation', { value: format.integer(Math.round(load.utilisation * 100)) })}</b>
            <svg width={width} height={height} viewBox={`0 -1 ${width} ${height + 2}`} aria-hidden>
              <polyline points={sparkline(utilisation, width, height)} fill="none" stroke="currentColor" />
            </svg>
          </>
        )}
        {figures.map((text) => (
          <b key={text}>{text}</b>
        ))}
      </p>
    </Tooltip>
  );
}

function useGpuHistory(): GpuHistory | null {
  const [history, setHistory] = useState<GpuHistory | null>(null);
  useEffect(() => {
    const ask = async () => (await studio.call('runtimes.gpuLoads', {})).gpus;
    return followLoads(
      ask,
      (loads) => {
        const device = openSession(libraryStore.getState())?.device ?? '';
        setHistory((before) => addLoads(before, loads, device));
      },
      () => document.visibilityState === 'visible',
    );
  }, []);
  return history;
}

import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LogLine } from '../../../shared/domain/job';
import { cx } from '../components/cx';
import { Segmented } from '../display/segmented';
import styles from './build-log.module.css';
import { logLine } from './phase-text';

/** What passes and TensorRT said, newest last; follows the end unless it was scrolled away from. */
export function BuildLog({ lines }: { readonly lines: readonly LogLine[] }) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<'all' | 'problems'>('all');
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    if (atEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [lines, filter]);
  const parsed = lines.map(logLine);
  const shown = filter === 'all' ? parsed : parsed.filter(({ level }) => level !== 'info');
  const problems = parsed.filter(({ level }) => level !== 'info').length;
  return (
    <section className={styles.log} aria-label={t('build.log.title')}>
      <Segmented
        label={t('build.log.title')}
        value={filter}
        options={[
          { value: 'all', label: t('build.log.all') },
          { value: 'problems', label: t('build.log.problems', { count: problems }) },
        ]}
        onChange={setFilter}
      />
      <ol
        ref={list}
        className={styles.lines}
        tabIndex={0}
        aria-label={t('build.log.title')}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          atEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
        }}
      >
        {shown.length === 0 && <li>{t('build.log.empty')}</li>}
        {shown.map(({ level, text }, index) => (
          <li key={index} className={cx(level === 'warning' && styles.warning, level === 'error' && styles.error)}>
            {text}
          </li>
        ))}
      </ol>
    </section>
  );
}

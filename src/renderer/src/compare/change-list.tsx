import { ArrowRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../components/cx';
import { toHex } from '../display/class-colors';
import { ignoredId, maskOf } from './compare-layout';
import styles from './compare-panel.module.css';
import { compareStore, setCompare, useCompare, type ClassChange, type CompareState } from './compare-store';
import type { Scope } from './figures';
import { countPairs, pairsOfConfusion, type PairCount, type PairCounts } from './pair-counts';
import { smallShareText } from './percent-text';
import { useSideNames } from './side-choices';
import { useClassName, useCompareColors } from './use-class-name';

const MOST_SHOWN = 8;

/** Which class became which between the reference and the other side. A click shows that change alone. */
export function ChangeList({ scope }: { readonly scope: Scope }) {
  const { t } = useTranslation();
  const names = useSideNames();
  const reference = useCompare((state) => state.reference);
  const other = useCompare((state) => state.other);
  const ofPicture = usePicturePairs();
  const confusion = useCompare(({ result }) => result?.sides[other]?.agreement ?? null);
  const counts = scope === 'picture' ? ofPicture : confusion === null ? null : pairsOfConfusion(confusion);
  const missing = useCompare(isOneMissing);
  if (missing && scope === 'picture') return <p className={styles.note}>{t('compare.noCounts')}</p>;
  if (counts === null) return null;
  const rest = counts.pairs.length - MOST_SHOWN;
  const [from, to] = [names[reference] ?? '', names[other] ?? ''];
  return (
    <div className={styles.changes}>
      <p className={styles.note} title={t('compare.changesOf', { from, to })}>
        <span className={styles.number}>{reference + 1}</span>
        <ArrowRight size={12} aria-hidden />
        <span className={styles.number}>{other + 1}</span>
        <span className="visually-hidden">{t('compare.changesOf', { from, to })}</span>
        {counts.pairs.length === 0 && t('compare.noChanges')}
      </p>
      <ul>
        {counts.pairs.slice(0, MOST_SHOWN).map((pair) => (
          <ChangeRow key={`${pair.from} ${pair.to}`} pair={pair} compared={counts.compared} />
        ))}
      </ul>
      {rest > 0 && <p className={styles.note}>{t('compare.moreChanges', { count: rest })}</p>}
    </div>
  );
}

/** Whether a side has failed on this picture, so that there is nothing to count. */
function isOneMissing({ picture, reference, other }: CompareState): boolean {
  if (picture.kind !== 'done') return false;
  return maskOf(picture.compared, reference) === null || maskOf(picture.compared, other) === null;
}

function ChangeRow({ pair, compared }: { readonly pair: PairCount; readonly compared: number }) {
  const { t } = useTranslation();
  const nameOf = useClassName();
  const colorOf = useCompareColors();
  const chosen = useCompare(({ change }) => isSame(change, pair));
  const [from, to] = [nameOf(pair.from), nameOf(pair.to)];
  const share = smallShareText(compared === 0 ? 0 : pair.pixels / compared);
  return (
    <li>
      <button
        type="button"
        className={cx(styles.change, chosen && styles.chosen)}
        aria-pressed={chosen}
        aria-label={t('compare.changeLabel', { from, to, share })}
        onClick={() => showChange(pair)}
      >
        <span className={styles.swatch} style={{ backgroundColor: toHex(colorOf(pair.from)) }} />
        <span className={styles.ellipsis} title={from}>
          {from}
        </span>
        <ArrowRight size={12} aria-hidden />
        <span className={styles.swatch} style={{ backgroundColor: toHex(colorOf(pair.to)) }} />
        <span className={styles.ellipsis} title={to}>
          {to}
        </span>
        <span className={styles.share}>{share}</span>
      </button>
    </li>
  );
}

/** Where it is, and only it; once more shows all differences again. */
function showChange({ from, to }: ClassChange): void {
  const { change } = compareStore.getState();
  const next = isSame(change, { from, to }) ? null : { from, to };
  setCompare({ change: next, view: 'difference' });
}

function isSame(a: ClassChange | null, b: ClassChange): boolean {
  return a !== null && a.from === b.from && a.to === b.to;
}

/** Counted in the window, from the very masks that are drawn. */
function usePicturePairs(): PairCounts | null {
  const compared = useCompare(({ picture }) => (picture.kind === 'done' ? picture.compared : null));
  const reference = useCompare((state) => state.reference);
  const other = useCompare((state) => state.other);
  const [counts, setCounts] = useState<PairCounts | null>(null);
  useEffect(() => {
    const [from, to] = [maskOf(compared, reference), maskOf(compared, other)];
    if (from === null || to === null) return setCounts(null);
    const stop = new AbortController();
    countPairs(from, to, ignoredId(compareStore.getState()), stop.signal).then(setCounts, () => undefined);
    return () => stop.abort();
  }, [compared, reference, other]);
  return counts;
}

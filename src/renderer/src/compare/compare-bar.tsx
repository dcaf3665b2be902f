import { ChevronDown, CircleAlert, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { shortcutOf } from '../commands/registry';
import { Button } from '../components/button';
import { cx } from '../components/cx';
import { Menu, type MenuEntry } from '../components/menu';
import { Tooltip } from '../components/tooltip';
import { warningText } from '../notices/error-text';
import { addSide, removeSide, replaceSide, setReference } from './compare-actions';
import styles from './compare-bar.module.css';
import { openComparison, pickSide, useCompare, type CompareState } from './compare-store';
import { CompareExport } from './compare-export';
import { hasRoom, useShortNames, useSideMenu, useSideNames } from './side-choices';
import { ViewControls } from './view-controls';
import { ViewSwitch } from './view-switch';
import { deviceText } from '../format/device-text';

/** Above the canvas: what is compared, and how it is looked at. */
export function CompareBar() {
  const { t } = useTranslation();
  const some = useCompare((state) => state.sides.length > 1);
  if (!some) return null;
  return (
    <div className={styles.bar} data-region="compare" role="group" aria-label={t('compare.bar')}>
      <div className={styles.row}>
        <Sides />
        <span className={styles.space} />
        <CompareExport />
      </div>
      <div className={styles.row}>
        <ViewSwitch />
        <ViewControls />
      </div>
    </div>
  );
}

function Sides() {
  const { t } = useTranslation();
  const names = useSideNames();
  const short = useShortNames();
  const sides = useCompare((state) => state.sides);
  const entries = useSideMenu(addSide);
  return (
    <ul className={styles.sides} aria-label={t('compare.sides')}>
      {names.map((name, index) => (
        // Numbers name the sides, whatever they are.
        <li key={index} className={styles.item}>
          <SideChip index={index} name={name} short={short[index] ?? name} />
        </li>
      ))}
      {hasRoom(sides) && (
        <li>
          <Menu
            entries={entries}
            trigger={
              <Button variant="quiet" aria-label={t('compare.addSide')}>
                <Plus size={14} aria-hidden />
                {t('compare.add')}
              </Button>
            }
          />
        </li>
      )}
    </ul>
  );
}

interface SideChipProps {
  readonly index: number;
  readonly name: string;
  readonly short: string;
}

function SideChip({ index, name, short }: SideChipProps) {
  const { t } = useTranslation();
  const isReference = useCompare((state) => state.reference === index);
  const shown = useCompare((state) => shownSides(state).includes(index));
  const side = useCompare((state) => openComparison(state)?.sides[index] ?? null);
  const failed = useCompare(
    ({ picture }) => picture.kind === 'done' && picture.compared.sides[index]?.outcome === 'failed',
  );
  const entries = useChipMenu(index, name);
  const facts = [side?.runtime, deviceText(side?.device ?? ''), side?.precision].filter(
    (fact) => fact !== undefined && fact !== '',
  );
  const notes = (side?.notes ?? []).map(warningText);
  const details = [name, facts.join(' · '), ...notes].filter((line) => line !== '');
  return (
    <span className={cx(styles.chip, shown && styles.shown)}>
      <Tooltip
        text={details.map((line) => (
          <span key={line} className={styles.line}>
            {line}
          </span>
        ))}
        shortcut={shortcutOf(`compare-side-${index + 1}`)}
      >
        <button
          type="button"
          className={styles.pick}
          aria-pressed={shown}
          aria-label={t('compare.side', { number: String(index + 1), name })}
          onClick={() => pickSide(index)}
        >
          <span className={styles.number}>{index + 1}</span>
          <span className={styles.name}>{short}</span>
          {isReference && <span className={styles.reference}>{t('compare.reference')}</span>}
          {failed && <CircleAlert size={14} className={styles.failed} aria-label={t('compare.failedSide')} />}
        </button>
      </Tooltip>
      <Menu
        entries={entries}
        align="end"
        trigger={
          <button type="button" className={styles.more} aria-label={t('compare.sideMenu', { name })}>
            <ChevronDown size={14} aria-hidden />
          </button>
        }
      />
    </span>
  );
}

function useChipMenu(index: number, name: string): MenuEntry[] {
  const { t } = useTranslation();
  const isReference = useCompare((state) => state.reference === index);
  const count = useCompare((state) => state.sides.length);
  const choices = useSideMenu((side) => replaceSide(index, side));
  return [
    { kind: 'heading', label: name },
    {
      kind: 'item',
      id: 'reference',
      label: t('compare.makeReference'),
      checked: isReference,
      disabled: isReference,
      run: () => void setReference(index),
    },
    {
      kind: 'item',
      id: 'remove',
      label: t('compare.removeSide'),
      disabled: count <= 2,
      run: () => removeSide(index),
    },
    { kind: 'separator' },
    { kind: 'heading', label: t('compare.replaceBy') },
    ...choices,
  ];
}

/** The sides that the canvas shows now. */
function shownSides({ view, sides, reference, other, picked, held }: CompareState): number[] {
  if (held) return [reference];
  if (view === 'tiles') return sides.map((_, side) => side);
  return view === 'blink' ? [picked] : [reference, other];
}

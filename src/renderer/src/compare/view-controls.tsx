import { Eye, X } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { shortcutOf } from '../commands/registry';
import { Button } from '../components/button';
import { Slider } from '../components/slider';
import { Tooltip } from '../components/tooltip';
import { Segmented } from '../display/segmented';
import styles from './compare-bar.module.css';
import { setCompare, useCompare } from './compare-store';
import { useClassName } from './use-class-name';

/** What the view at hand can be told, or how it is used. */
export function ViewControls() {
  const view = useCompare((state) => state.view);
  switch (view) {
    case 'swipe':
    case 'tiles':
    case 'lens':
      return <Hint view={view} />;
    case 'onion':
      return <Mix />;
    case 'blink':
      return <Hold />;
    case 'difference':
      return <Paint />;
  }
}

function Hint({ view }: { readonly view: 'swipe' | 'tiles' | 'lens' }) {
  const { t } = useTranslation();
  return (
    <div className={styles.controls}>
      <span className={styles.hint}>{t(`compare.hints.${view}`)}</span>
    </div>
  );
}

function Mix() {
  const { t } = useTranslation();
  const share = useCompare((state) => state.share);
  return (
    <div className={styles.controls}>
      <div className={styles.slider}>
        <Slider
          label={t('compare.mix')}
          value={share}
          min={0}
          max={1}
          step={0.05}
          format={(value) => t('compare.mixValue', { percent: String(Math.round(value * 100)) })}
          onChange={(value) => setCompare({ share: value })}
        />
      </div>
    </div>
  );
}

function Hold() {
  const { t } = useTranslation();
  const held = useCompare((state) => state.held);
  const hold = (value: boolean) => () => setCompare({ held: value });
  const byKey = (value: boolean) => (event: KeyboardEvent) => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    event.preventDefault();
    setCompare({ held: value });
  };
  return (
    <div className={styles.controls}>
      <Tooltip text={t('commands.compareBlink')} shortcut={shortcutOf('compare-blink')}>
        <Button
          aria-pressed={held}
          onPointerDown={hold(true)}
          onPointerUp={hold(false)}
          onPointerLeave={hold(false)}
          onKeyDown={byKey(true)}
          onKeyUp={byKey(false)}
          onBlur={hold(false)}
        >
          <Eye size={14} aria-hidden />
          {t('compare.hold')}
        </Button>
      </Tooltip>
    </div>
  );
}

function Paint() {
  const { t } = useTranslation();
  const paint = useCompare((state) => state.paint);
  const change = useCompare((state) => state.change);
  const nameOf = useClassName();
  return (
    <div className={styles.controls}>
      <div className={styles.paint}>
        <Segmented
          label={t('compare.paint')}
          value={paint}
          options={[
            { value: 'to', label: t('compare.paintTo') },
            { value: 'both', label: t('compare.paintBoth') },
          ]}
          onChange={(value) => setCompare({ paint: value })}
        />
      </div>
      {change !== null && (
        <Button
          variant="quiet"
          className={styles.only}
          title={t('compare.showAllChanges')}
          onClick={() => setCompare({ change: null })}
        >
          {t('compare.onlyChange', { from: nameOf(change.from), to: nameOf(change.to) })}
          <X size={14} aria-hidden />
        </Button>
      )}
    </div>
  );
}

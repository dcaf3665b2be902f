import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import { Diff, Eye, Layers2, LayoutGrid, ScanSearch, SquareSplitHorizontal } from 'lucide-react';
import type { ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './compare-bar.module.css';
import { compareViews, setCompare, useCompare, type CompareView } from './compare-store';

const icons: Readonly<Record<CompareView, ComponentType<{ size?: number; 'aria-hidden'?: boolean }>>> = {
  swipe: SquareSplitHorizontal,
  tiles: LayoutGrid,
  onion: Layers2,
  blink: Eye,
  lens: ScanSearch,
  difference: Diff,
};

/** How the sides share the canvas. With little room the names go and the icons stay. */
export function ViewSwitch() {
  const { t } = useTranslation();
  const view = useCompare((state) => state.view);
  return (
    <ToggleGroup
      className={styles.views}
      aria-label={t('compare.view')}
      value={[view]}
      onValueChange={(next) => {
        const chosen = compareViews.find((each) => each === next[0]);
        if (chosen !== undefined) setCompare({ view: chosen });
      }}
    >
      {compareViews.map((each) => {
        const Icon = icons[each];
        const name = t(`compare.views.${each}`);
        return (
          <Toggle key={each} value={each} className={styles.view} aria-label={name} title={name}>
            <Icon size={14} aria-hidden />
            <span>{name}</span>
          </Toggle>
        );
      })}
    </ToggleGroup>
  );
}

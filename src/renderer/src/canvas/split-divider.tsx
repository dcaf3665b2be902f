import { useTranslation } from 'react-i18next';
import { setView, useView } from '../state/view-store';
import { useArrangement } from './arrangement-store';
import { Divider } from './divider';

/** The line between original and overlay. */
export function SplitDivider() {
  const { t } = useTranslation();
  const split = useView((state) => state.split);
  const splitAt = useView((state) => state.splitAt);
  const compared = useArrangement(({ arrangement }) => arrangement !== null);
  if (!split || compared) return null;
  return (
    <Divider
      at={splitAt}
      onMove={(at) => setView({ splitAt: at })}
      label={t('canvas.divider')}
      left={t('canvas.original')}
      right={t('canvas.overlay')}
    />
  );
}

import { useTranslation } from 'react-i18next';
import type { ExportFormat } from '../../../shared/domain/export';
import { useView } from '../state/view-store';
import styles from './export-dialog.module.css';
import { currentStyle } from './run-export';

/** Says how the coloured formats will look, which is as on the screen; nothing when none of them is picked. */
export function StyleSummary({ formats }: { readonly formats: readonly ExportFormat[] }) {
  const { t } = useTranslation();
  const opacity = useView((state) => state.opacity);
  const mode = useView((state) => state.mode);
  const colored = formats.includes('overlay') || formats.includes('palette');
  if (!colored) return null;
  const hidden = currentStyle().hidden.length;
  const parts = [
    mode === 'fill' ? t('display.fill') : t('display.outline'),
    t('exporting.opacity', { value: String(Math.round(opacity * 100)) }),
    ...(hidden === 0 ? [] : [t('legend.hiddenCount', { count: hidden })]),
  ];
  return <p className={styles.note}>{t('exporting.asShown', { style: parts.join(' · ') })}</p>;
}

import { FileChartColumn, Image, Sheet, Braces, Share } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ComparisonFormat } from '../../../shared/domain/comparison';
import { Button } from '../components/button';
import { Menu, type MenuEntry } from '../components/menu';
import { reportError } from '../notices/notify';
import { useCompare } from './compare-store';
import { exportComparison } from './export-comparison';
import { exportView } from './export-view';

/** The view as a picture, and what a run found as files. */
export function CompareExport() {
  const { t } = useTranslation();
  const ran = useCompare(({ result }) => result !== null && result.done > 0);
  const shown = useCompare(({ picture }) => picture.kind === 'done');
  const [busy, setBusy] = useState(false);
  const attempt = (work: () => Promise<void>): void => {
    setBusy(true);
    work()
      .catch((error: unknown) => reportError(error))
      .finally(() => setBusy(false));
  };
  const file = (format: ComparisonFormat, label: string, icon: React.ReactNode): MenuEntry => ({
    kind: 'item',
    id: format,
    label,
    icon,
    disabled: !ran,
    run: () => attempt(() => exportComparison(format)),
  });
  return (
    <Menu
      align="end"
      entries={[
        {
          kind: 'item',
          id: 'view',
          label: t('compare.exportView'),
          icon: <Image size={16} aria-hidden />,
          disabled: !shown,
          run: () => attempt(exportView),
        },
        { kind: 'separator' },
        ...(ran ? [] : [{ kind: 'heading', label: t('compare.exportNeedsRun') } as const]),
        file('html', t('compare.exportHtml'), <FileChartColumn size={16} aria-hidden />),
        file('csv', t('compare.exportCsv'), <Sheet size={16} aria-hidden />),
        file('json', t('compare.exportJson'), <Braces size={16} aria-hidden />),
      ]}
      trigger={
        <Button variant="quiet" disabled={busy}>
          <Share size={14} aria-hidden />
          {busy ? t('compare.exporting') : t('compare.export')}
        </Button>
      }
    />
  );
}

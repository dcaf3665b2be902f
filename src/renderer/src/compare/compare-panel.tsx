import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PanelSection } from '../components/panel-section';
import { DisplayPanel } from '../display/display-panel';
import { Segmented } from '../display/segmented';
import frame from '../frame/frame.module.css';
import { AgreementTable } from './agreement-table';
import { ChangeList } from './change-list';
import { ClassTable } from './class-table';
import styles from './compare-panel.module.css';
import { useCompare } from './compare-store';
import type { Scope } from './figures';
import { LatencyTable } from './latency-table';

/** On the right: how far the sides agree, class by class, what became what, and how long each took. */
export function ComparePanel() {
  const { t } = useTranslation();
  const some = useCompare((state) => state.sides.length > 1);
  const [wanted, setScope] = useState<Scope>('picture');
  const ran = useCompare(({ result }) => (result === null || result.done === 0 ? null : result.done));
  const scope: Scope = ran === null ? 'picture' : wanted;
  return (
    <aside className={frame.side} data-region="side-panels" aria-label={t('compare.panel')}>
      {some && (
        <>
          {ran !== null && (
            <div className={styles.scope}>
              <Segmented
                label={t('compare.scope')}
                value={scope}
                options={[
                  { value: 'picture', label: t('compare.thisPicture') },
                  { value: 'run', label: t('compare.allPictures', { count: ran }) },
                ]}
                onChange={setScope}
              />
            </div>
          )}
          <PanelSection id="agreement" title={t('compare.agreementTitle')}>
            <AgreementTable scope={scope} />
          </PanelSection>
          <PanelSection id="changes" title={t('compare.changesTitle')}>
            <ChangeList scope={scope} />
          </PanelSection>
          <PanelSection id="class-iou" title={t('compare.classesTitle')}>
            <ClassTable scope={scope} />
          </PanelSection>
          <PanelSection id="compare-latency" title={t('compare.latencyTitle')}>
            <LatencyTable scope={scope} />
          </PanelSection>
        </>
      )}
      <PanelSection id="display" title={t('display.title')}>
        <DisplayPanel split={false} />
      </PanelSection>
    </aside>
  );
}

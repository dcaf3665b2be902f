import { useTranslation } from 'react-i18next';
import { PanelSection } from '../components/panel-section';
import { DisplayPanel } from '../display/display-panel';
import { LegendPanel } from '../legend/legend-panel';
import { EnginePanel } from '../library/engine-panel';
import styles from './frame.module.css';

export function SidePanels() {
  const { t } = useTranslation();
  return (
    <aside className={styles.side} data-region="side-panels" aria-label={t('frame.sidePanels')}>
      <PanelSection id="legend" title={t('legend.title')} grow>
        <LegendPanel />
      </PanelSection>
      <PanelSection id="display" title={t('display.title')}>
        <DisplayPanel />
      </PanelSection>
      <PanelSection id="engine" title={t('models.engine')}>
        <EnginePanel />
      </PanelSection>
    </aside>
  );
}

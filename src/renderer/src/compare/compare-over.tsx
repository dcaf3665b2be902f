import { Columns2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../components/button';
import { Menu } from '../components/menu';
import states from '../frame/canvas-state.module.css';
import { CanvasState } from '../frame/canvas-state';
import { enterMode } from '../modes/mode-store';
import { ErrorCard } from '../notices/error-card';
import { useConnection } from '../state/connection-store';
import { activeModel, useLibrary } from '../state/library-store';
import { selectedItem, usePictures } from '../state/pictures-store';
import { chooseSides, comparePicture, reopen } from './compare-actions';
import { useCompare } from './compare-store';
import { CanvasLabels } from './canvas-labels';
import { defaultSides, modelSide } from './default-sides';
import { useSideMenu } from './side-choices';
import { setBuild } from '../build/build-store';
import { useEngines } from '../engines/engines-store';

/** Over the canvas: what there is to say while there is nothing to compare, it is on its way, or it failed. */
export function CompareOver() {
  const empty = usePictures((state) => state.order.length === 0);
  const connecting = useConnection((state) => state.generation === 0);
  const some = useCompare((state) => state.sides.length > 1);
  const kind = useCompare((state) => state.comparison.kind);
  if (connecting || empty) return <CanvasState />;
  if (!some) return <NothingToCompare />;
  if (kind === 'failed') return <NotOpened />;
  return (
    <>
      <CanvasLabels />
      <PictureFailed />
      <Busy />
    </>
  );
}

function NothingToCompare() {
  const { t } = useTranslation();
  const model = useLibrary(activeModel);
  const enginesLoaded = useEngines((state) => state.loaded);
  const own = model === null ? [] : [modelSide(model.id)];
  const choices = useSideMenu((side) => chooseSides([...own, side]), own);
  const build = (): void => {
    if (model !== null) setBuild({ view: 'wizard', step: 'model', modelId: model.id, jobId: null, engineId: null });
    enterMode('build');
  };
  // A moment later there may be engines.
  if (!enginesLoaded) return null;
  const canChoose = model !== null && choices.some((entry) => entry.kind === 'item' && entry.disabled !== true);
  return (
    <div className={states.centre}>
      <div className={states.empty}>
        <Columns2 size={32} strokeWidth={1.5} aria-hidden className={states.emptyIcon} />
        <h2 className={states.emptyTitle}>{t('compare.emptyTitle')}</h2>
        <p className={states.emptyText}>
          {model === null ? t('compare.emptyNoModel') : t('compare.emptyText', { model: model.name })}
        </p>
        <div className={states.buttons}>
          {canChoose && <Menu entries={choices} trigger={<Button>{t('compare.compareWith')}</Button>} />}
          <Button variant="primary" onClick={build}>
            {t('compare.build')}
          </Button>
        </div>
      </div>
    </div>
  );
}

function NotOpened() {
  const { t } = useTranslation();
  const comparison = useCompare((state) => state.comparison);
  const modelId = useLibrary((state) => activeModel(state)?.id ?? null);
  const engines = useEngines((state) => state.engines);
  if (comparison.kind !== 'failed') return null;
  const others = defaultSides(modelId, engines);
  return (
    <div className={states.centre}>
      <div className={states.card}>
        <ErrorCard
          error={comparison.error}
          remedies={[
            { label: t('compare.again'), run: () => void reopen() },
            ...(others.length > 0 ? [{ label: t('compare.openTrouble'), run: () => chooseSides(others) }] : []),
          ]}
        />
      </div>
    </div>
  );
}

function PictureFailed() {
  const { t } = useTranslation();
  const picture = useCompare((state) => state.picture);
  const name = usePictures((state) => selectedItem(state)?.entry.name ?? '');
  if (picture.kind !== 'failed') return null;
  return (
    <div className={states.centre}>
      <div className={states.card}>
        <ErrorCard
          error={picture.error}
          subject={name}
          remedies={[{ label: t('compare.again'), run: () => comparePicture({ fresh: true }) }]}
        />
      </div>
    </div>
  );
}

function Busy() {
  const { t } = useTranslation();
  const opening = useCompare((state) => state.comparison.kind === 'opening');
  const working = useCompare((state) => state.picture.kind === 'working');
  if (!opening && !working) return null;
  const text = opening ? t('compare.opening') : t('compare.working');
  return (
    <div className={states.busy} role="progressbar" aria-label={text}>
      <span className={states.bar} />
      <span className={states.chip}>{text}</span>
    </div>
  );
}

import { useTranslation } from 'react-i18next';
import type { EngineSummary } from '../../../shared/domain/engine';
import { showEngine } from '../build/build-actions';
import { compareEngine } from '../compare/open-compare';
import type { MenuEntry } from '../components/menu';
import { shell } from '../shell/current-shell';
import {
  attempt,
  canRebuild,
  duplicateEngine,
  exportEngine,
  hasModel,
  openEngine,
  rebuildEngine,
  removeEngine,
  saveEngineRecipe,
  trustEngine,
} from './engine-actions';

type Item = Extract<MenuEntry, { kind: 'item' }>;

/** What can be done with an engine here and now, the likeliest first. */
export function useEngineMenu(engine: EngineSummary): Item[] {
  const { t } = useTranslation();
  const item = (id: string, label: string, run: () => void, danger = false): Item => ({
    kind: 'item',
    id,
    label,
    run,
    danger,
  });
  const { state } = engine;
  return [
    ...(state === 'ready' ? [item('open', t('engines.open'), () => attempt(openEngine(engine)))] : []),
    ...(state === 'untrusted' ? [item('trust', t('engines.trust'), () => attempt(trustEngine(engine)))] : []),
    ...(canRebuild(engine) ? [item('rebuild', t('engines.rebuild'), () => attempt(rebuildEngine(engine)))] : []),
    item('verify', t('engines.verify'), () => showEngine(engine.id)),
    ...(state === 'ready' && hasModel(engine.modelId)
      ? [item('compare', t('engines.compare'), () => compareEngine(engine))]
      : []),
    item('duplicate', t('engines.duplicate'), () => attempt(duplicateEngine(engine))),
    item('recipe', t('build.saveRecipe'), () => attempt(saveEngineRecipe(engine))),
    ...(shell.hasFolders
      ? [
          item('reveal', t('pictures.reveal'), () => attempt(shell.reveal(engine.path))),
          item('export', t('engines.export'), () => attempt(exportEngine(engine))),
        ]
      : []),
    item('remove', t('common.remove'), () => attempt(removeEngine(engine)), true),
  ];
}

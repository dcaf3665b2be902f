import { useTranslation } from 'react-i18next';
import { MOST_SIDES, type ComparisonSide } from '../../../shared/domain/comparison';
import type { EngineSummary } from '../../../shared/domain/engine';
import type { ModelSummary } from '../../../shared/domain/model';
import { baseName } from '../actions/picture-kinds';
import type { MenuEntry } from '../components/menu';
import { runtimeName } from '../engines/engine-facts';
import { enginesStore, useEngines } from '../engines/engines-store';
import { i18n } from '../i18n/i18n';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { libraryStore, useLibrary } from '../state/library-store';
import { openComparison, useCompare } from './compare-store';
import { modelSide, sideKey } from './default-sides';
import { shortNames } from './short-names';

/** What a side is called: by the studio once it is open, and before by what was chosen. */
export function useSideNames(): string[] {
  useTranslation();
  const sides = useCompare((state) => state.sides);
  const open = useCompare(openComparison);
  // Names follow from these.
  useLibrary((state) => state.models);
  useEngines((state) => state.engines);
  // The studio speaks English.
  return sides.map((side, i) => {
    if (side.kind === 'masks' && open !== null) return i18n.t('compare.drawn');
    return open?.sides[i]?.name ?? nameOfSide(side);
  });
}

function nameOfSide(side: ComparisonSide): string {
  if (side.kind === 'masks') return baseName(side.directory);
  if (side.kind === 'model') return libraryStore.getState().models.find(({ id }) => id === side.modelId)?.name ?? '';
  const engine = enginesStore.getState().engines.find(({ id }) => id.startsWith(side.engineId));
  return engine === undefined ? side.engineId : engineName(engine);
}

function engineName({ modelName, precision, runtime }: EngineSummary): string {
  return i18n.t('compare.engineName', {
    model: modelName,
    precision: precision.toUpperCase(),
    runtime: runtimeName(runtime),
  });
}

/** The same without what all have in common, for places with little room. */
export function useShortNames(): string[] {
  return shortNames(useSideNames());
}

/**
 * Models, engines and drawn masks that could be a side and are none yet, as a menu.
 * @param taken what is a side without being among the sides yet
 */
export function useSideMenu(
  choose: (side: ComparisonSide) => void,
  taken: readonly ComparisonSide[] = [],
): MenuEntry[] {
  const { t } = useTranslation();
  const sides = useCompare((state) => state.sides);
  const models = useLibrary((state) => state.models);
  const activeId = useLibrary(({ session }) => (session.kind === 'none' ? null : session.modelId));
  const engines = useEngines((state) => state.engines);
  const used = new Set([...sides, ...taken].map(sideKey));
  const fits = classesLike(modelOfSides(sides, engines) ?? activeId, models);
  const item = (side: ComparisonSide, label: string): MenuEntry[] =>
    used.has(sideKey(side)) ? [] : [{ kind: 'item', id: sideKey(side), label, run: () => choose(side) }];
  const modelItems = models.filter(({ id }) => fits(id)).flatMap((model) => item(modelSide(model.id), model.name));
  const engineItems = engines
    .filter(({ modelId, state }) => state === 'ready' && fits(modelId))
    .flatMap((engine) => item({ kind: 'engine', engineId: engine.id }, engineName(engine)));
  const hasMasks = sides.some(({ kind }) => kind === 'masks');
  const chooseMasks = async (): Promise<void> => {
    const directory = await shell.chooseFolderToRead();
    if (directory !== null) choose({ kind: 'masks', directory });
  };
  const entries: MenuEntry[] = [
    ...(modelItems.length === 0 ? [] : [{ kind: 'heading', label: t('compare.models') } as const, ...modelItems]),
    ...(engineItems.length === 0 ? [] : [{ kind: 'heading', label: t('compare.engines') } as const, ...engineItems]),
    ...(!hasMasks
      ? [
          ...(modelItems.length + engineItems.length === 0 ? [] : [{ kind: 'separator' } as const]),
          {
            kind: 'item',
            id: 'masks',
            label: t('compare.groundTruth'),
            run: () => void chooseMasks().catch(reportError),
          } as const,
        ]
      : []),
  ];
  return entries.length > 0
    ? entries
    : [{ kind: 'item', id: 'none', label: t('compare.noChoice'), disabled: true, run: () => undefined }];
}

export function hasRoom(sides: readonly ComparisonSide[]): boolean {
  return sides.length < MOST_SIDES;
}

function modelOfSides(sides: readonly ComparisonSide[], engines: readonly EngineSummary[]): string | null {
  for (const side of sides) {
    if (side.kind === 'model') return side.modelId;
    if (side.kind === 'engine') return engines.find(({ id }) => id === side.engineId)?.modelId ?? null;
  }
  return null;
}

/** Whether a model has the classes of another: what has other ones cannot be compared with it. */
function classesLike(modelId: string | null, models: readonly ModelSummary[]): (id: string) => boolean {
  const labelsOf = (id: string | null) => models.find((model) => model.id === id)?.labels;
  const wanted = labelsOf(modelId);
  return (id) => {
    const labels = labelsOf(id);
    if (wanted === undefined || labels === undefined || labels.length !== wanted.length) return wanted === undefined;
    const names = new Map(labels.map((label) => [label.id, label.name.toLowerCase()]));
    return wanted.every((label) => {
      const name = names.get(label.id);
      return [name, `class ${label.id}`].includes(label.name.toLowerCase()) || name === `class ${label.id}`;
    });
  };
}

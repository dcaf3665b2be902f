import type { EngineSummary } from '../../../shared/domain/engine';
import { useEngines } from './engines-store';

/** What the user called it; its model's name where they did not. */
export function useEngineName({ id, modelName }: Pick<EngineSummary, 'id' | 'modelName'>): string {
  const name = useEngines(({ kept }) => kept.get(id)?.name ?? '');
  return name === '' ? modelName : name;
}

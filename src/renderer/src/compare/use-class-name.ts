import { useCallback, useMemo } from 'react';
import type { Label } from '../../../shared/domain/model';
import { classColors, type ColorOf } from '../display/class-colors';
import { useView } from '../state/view-store';
import { openComparison, useCompare } from './compare-store';

const none: readonly Label[] = [];

/** The classes that all sides share; none before they are open. */
export function useLabels(): readonly Label[] {
  return useCompare((state) => openComparison(state)?.labels ?? none);
}

export function useClassName(): (id: number) => string {
  const labels = useLabels();
  return useCallback((id) => labels.find((label) => label.id === id)?.name ?? `#${id}`, [labels]);
}

/** The colours of these classes as they are shown now. */
export function useCompareColors(): ColorOf {
  const labels = useLabels();
  const palette = useView((state) => state.palette);
  const colors = useView((state) => state.colors);
  return useMemo(() => classColors(labels, palette, colors), [labels, palette, colors]);
}

import { useMemo } from 'react';
import type { Label } from '../../../shared/domain/model';
import { activeModel, useLibrary } from '../state/library-store';
import { useView } from '../state/view-store';
import { classColors, type ColorOf } from './class-colors';

const noLabels: readonly Label[] = [];

/** The colours of the open model's classes as they are shown now. */
export function useClassColors(): ColorOf {
  const labels = useLibrary((state) => activeModel(state)?.labels ?? noLabels);
  const palette = useView((state) => state.palette);
  const colors = useView((state) => state.colors);
  return useMemo(() => classColors(labels, palette, colors), [labels, palette, colors]);
}

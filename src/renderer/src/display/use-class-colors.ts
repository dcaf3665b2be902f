import { useMemo } from 'react';
import { shownLabels, useLibrary } from '../state/library-store';
import { useView } from '../state/view-store';
import { classColors, type ColorOf } from './class-colors';

/** The colours of the classes as they are shown now. */
export function useClassColors(): ColorOf {
  const labels = useLibrary(shownLabels);
  const palette = useView((state) => state.palette);
  const colors = useView((state) => state.colors);
  return useMemo(() => classColors(labels, palette, colors), [labels, palette, colors]);
}

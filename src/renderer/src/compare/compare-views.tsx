import type { ModeViews } from '../modes/mode-list';
import { CompareBar } from './compare-bar';
import { CompareOver } from './compare-over';
import { ComparePanel } from './compare-panel';
import { CompareStrip } from './compare-strip';
import { followCompare } from './follow-compare';

followCompare();

export const compareViews: ModeViews = {
  Above: CompareBar,
  Over: CompareOver,
  Under: CompareStrip,
  Right: ComparePanel,
  rightTitle: 'compare.panel',
};

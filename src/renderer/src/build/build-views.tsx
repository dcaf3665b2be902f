import { followEngines } from '../engines/engines-store';
import type { ModeViews } from '../modes/mode-list';
import { BuildAside } from './build-aside';
import { BuildNav } from './build-nav';
import { BuildOver } from './build-over';
import { followBuilds } from './follow-builds';

followBuilds();
followEngines();

export const buildViews: ModeViews = {
  Over: BuildOver,
  Left: BuildNav,
  Right: BuildAside,
  leftTitle: 'build.nav',
  rightTitle: 'build.aside',
};

import { EngineLibrary } from '../engines/engine-library';
import { useBuild } from './build-store';
import { Wizard } from './wizard';

/** In place of the picture, which keeps its zoom and selection below. */
export function BuildOver() {
  const view = useBuild((state) => state.view);
  return view === 'engines' ? <EngineLibrary /> : <Wizard />;
}

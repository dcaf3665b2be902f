import { CSPProvider } from '@base-ui/react/csp-provider';
import { Tooltip } from '@base-ui/react/tooltip';
import { ToastRegion } from '../components/toast';
import { LiveRegions } from '../notices/live-regions';
import { Frame } from './frame';

export function App() {
  return (
    // The page's content security policy allows no inline style elements.
    <CSPProvider disableStyleElements>
      <Tooltip.Provider delay={400} closeDelay={0}>
        <Frame />
        <LiveRegions />
        <ToastRegion />
      </Tooltip.Provider>
    </CSPProvider>
  );
}

import type { DesktopBridge } from '../../../shared/desktop-bridge';
import { downloadBytes } from './download';
import type { Shell } from './shell';
import { warnBeforeUnload } from './unload-warning';

export function createDesktopShell(bridge: DesktopBridge): Shell {
  const pick = async (choose: () => Promise<string[]>) => ({ paths: await choose(), files: [] });
  return {
    versions: bridge.versions,
    hasFolders: true,
    modifier: bridge.platform === 'darwin' ? 'meta' : 'ctrl',
    choosePictures: () => pick(() => bridge.choosePictures()),
    choosePictureFolder: () => pick(() => bridge.choosePictureFolder()),
    chooseFolderToRead: async () => (await bridge.choosePictureFolder())[0] ?? null,
    chooseModel: () => pick(() => bridge.chooseModel()),
    chooseExportFolder: () => bridge.chooseExportFolder(),
    accept: async (transfer) => {
      const files = Array.from(transfer.files);
      const paths = await bridge.acceptDropped(files);
      // Pictures dragged out of a page, and pasted ones, have content but no path.
      return { paths, files: paths.length === 0 ? files : [] };
    },
    download: downloadBytes,
    reveal: (path) => bridge.reveal(path),
    openExternal: (url) => bridge.openExternal(url),
    setTheme: (theme) => void bridge.setTheme(theme),
    warnBeforeClosing: warnBeforeUnload,
    onCommand: (listener) => bridge.onCommand(listener),
  };
}

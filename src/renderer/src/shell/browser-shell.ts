import { downloadBytes } from './download';
import { filesOfTransfer, worthOpening } from './transfer-files';
import type { Picked, Shell } from './shell';
import { nothingPicked } from './shell';
import { warnBeforeUnload } from './unload-warning';

export function createBrowserShell(): Shell {
  return {
    versions: navigator.userAgent,
    hasFolders: false,
    modifier: /Mac|iPhone|iPad/.test(navigator.userAgent) ? 'meta' : 'ctrl',
    choosePictures: () => pickFiles({ multiple: true, accept: 'image/*,video/*,.tif,.tiff,.avif,.heic,.mkv,.mov' }),
    choosePictureFolder: async () => {
      const { files } = await pickFiles({ folder: true });
      return files.length === 0 ? nothingPicked : { paths: [], files: worthOpening(files, folderOf(files)) };
    },
    chooseFolderToRead: async () => {
      const picked = await pickFiles({ folder: true });
      if (picked === nothingPicked) return null;
      // Jobs know the shell, which must not wait for them where it is made.
      const { sendFolder } = await import('./send-folder');
      return sendFolder(picked.files);
    },
    chooseModel: () => pickFiles({ multiple: true, accept: '.onnx,.json,.data,.txt' }),
    chooseExportFolder: () => Promise.resolve(null),
    accept: async (transfer) => ({ paths: [], files: await filesOfTransfer(transfer) }),
    download: downloadBytes,
    reveal: () => Promise.resolve(),
    openExternal: (url) => {
      window.open(url, '_blank', 'noopener,noreferrer');
      return Promise.resolve();
    },
    setTheme: () => undefined,
    warnBeforeClosing: warnBeforeUnload,
    onCommand: () => () => undefined,
  };
}

function folderOf(files: readonly File[]): string {
  return files[0]?.webkitRelativePath.split('/')[0] ?? '';
}

function pickFiles(options: { multiple?: boolean; folder?: boolean; accept?: string }): Promise<Picked> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = options.multiple ?? false;
    input.webkitdirectory = options.folder ?? false;
    if (options.accept !== undefined) input.accept = options.accept;
    // Kept in the document so that a test (and an assistive tool) can reach it while the dialog is open.
    input.hidden = true;
    document.body.append(input);
    const finish = (picked: Picked): void => {
      input.remove();
      resolve(picked);
    };
    input.addEventListener('change', () => finish({ paths: [], files: Array.from(input.files ?? []) }), { once: true });
    input.addEventListener('cancel', () => finish(nothingPicked), { once: true });
    input.click();
  });
}

import { AppError } from '../../../shared/app-error';
import { openPasted, openPicked } from '../actions/open-files';
import { formatShortcut } from '../commands/shortcut';
import { i18n } from '../i18n/i18n';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';

/** Ctrl+V: the browser's own paste event brings pictures and files without asking for permission. */
export function listenToPaste(): () => void {
  const onPaste = (event: ClipboardEvent): void => {
    if (event.target instanceof Element && event.target.closest('input, textarea') !== null) return;
    if (event.clipboardData === null) return;
    event.preventDefault();
    openPasted(event.clipboardData).catch((error: unknown) => reportError(error));
  };
  window.addEventListener('paste', onPaste);
  return () => window.removeEventListener('paste', onPaste);
}

/** The same from a menu or the palette, where there is no paste event. */
export async function pasteFromClipboard(): Promise<void> {
  const files: File[] = [];
  for (const item of await readClipboard()) {
    const type = item.types.find((candidate) => candidate.startsWith('image/'));
    if (type === undefined) continue;
    files.push(new File([await item.getType(type)], `pasted.${type.slice('image/'.length)}`, { type }));
  }
  if (files.length > 0) return openPicked({ paths: [], files });
  throw new AppError('CLIPBOARD_NO_PICTURE', i18n.t('pictures.clipboardEmpty'), {
    hint: i18n.t('pictures.clipboardHint'),
  });
}

async function readClipboard(): Promise<ClipboardItems> {
  try {
    return await navigator.clipboard.read();
  } catch (cause) {
    throw new AppError('CLIPBOARD_DENIED', i18n.t('pictures.clipboardDenied'), {
      hint: i18n.t('pictures.clipboardDeniedHint', { shortcut: formatShortcut('Mod+V', shell.modifier) }),
      cause,
    });
  }
}

import type { ExportFormat, MaskStyle } from '../../../shared/domain/export';
import type { Label } from '../../../shared/domain/model';
import { hiddenIds } from '../canvas/palette-texture';
import { drawnOpacity, exportedOutlineWidth } from '../canvas/scene';
import { changedColors, classColors } from '../display/class-colors';
import { i18n } from '../i18n/i18n';
import { notify } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { libraryStore, shownLabels } from '../state/library-store';
import { viewStore } from '../state/view-store';
import { studio } from '../studio-client/studio';
import { sayExported } from './say-exported';

export interface ExportRequest {
  readonly sessionId: string;
  readonly pictureIds: readonly string[];
  readonly formats: readonly ExportFormat[];
  /** Null: each file is given to the browser as a download. */
  readonly directory: string | null;
}

/** Masks as they are drawn now: what palette and overlay files have to look like. Without labels, those of the masks that are shown. */
export function currentStyle(labels: readonly Label[] = shownLabels(libraryStore.getState())): MaskStyle {
  const { opacity, mode, outlineWidth, palette, colors, hidden, solo, zoom } = viewStore.getState();
  const visibility = { hidden, solo: new Set(solo === null ? [] : [solo]) };
  return {
    opacity: drawnOpacity(mode, opacity),
    mode,
    outlineWidth: exportedOutlineWidth(outlineWidth * devicePixelRatio, zoom > 0 ? zoom : 1),
    colors: changedColors(labels, classColors(labels, palette, colors)),
    hidden: hiddenIds(visibility, new Set([...labels.map(({ id }) => id), ...hidden])),
  };
}

/**
 * Writes or downloads what was asked for and says so. Many pictures for a folder become a job of the studio's, which
 * goes on when the dialog is closed; downloads are made one after the other here, `onProgress` counting pictures.
 */
export async function runExport(
  request: ExportRequest,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { sessionId, directory } = request;
  const formats = [...request.formats];
  const style = currentStyle();
  const [first] = request.pictureIds;
  if (directory !== null && request.pictureIds.length > 1) {
    const pictureIds = [...request.pictureIds];
    await studio.call('export.pictures', { sessionId, pictureIds, formats, style, directory });
    return notify(i18n.t('exporting.started'));
  }
  if (directory !== null && first !== undefined) {
    const files = await studio.call(
      'export.picture',
      { sessionId, pictureId: first, formats, style, directory },
      { signal },
    );
    return sayExported(files.length, files[0]?.path ?? directory);
  }
  let count = 0;
  for (const [done, pictureId] of request.pictureIds.entries()) {
    const files = await studio.call(
      'export.picture',
      { sessionId, pictureId, formats, style, directory: null },
      { signal },
    );
    for (const { name, mime, bytes } of files) if (bytes !== null) shell.download(name, mime, bytes);
    count += files.length;
    onProgress(done + 1);
  }
  notify(i18n.t('exporting.downloaded', { count }));
}

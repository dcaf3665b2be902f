import { AppError } from '../../../shared/app-error';
import type { MaskStyle } from '../../../shared/domain/export';
import type { ExportOrder, ExportSettings, VideoFormat } from '../../../shared/video-export-contract';
import type { Size } from '../canvas/viewport';
import { classColors } from '../display/class-colors';
import { currentStyle } from '../export/run-export';
import { libraryStore, openSession, shownLabels } from '../state/library-store';
import { viewStore } from '../state/view-store';
import { localVideo } from '../video/local-videos';
import { chooseCodec, type ExportCodec } from './frame-encoder';
import { evenSize } from './frame-painter';

/** What is exported and where to, whatever engine is open. */
export interface ExportTarget {
  readonly pictureId: string;
  readonly name: string;
  readonly size: Size;
  readonly format: VideoFormat;
  /** Null: the browser gets downloads. */
  readonly directory: string | null;
}

/**
 * As the studio is asked for it, with the engine that is open now.
 * @throws AppError VIDEO_NO_ENCODER, SESSION_UNKNOWN
 */
export async function orderOf(target: ExportTarget): Promise<{ order: ExportOrder; codec: ExportCodec | null }> {
  const { pictureId, name, size, format, directory } = target;
  const session = openSession(libraryStore.getState());
  if (session === null) {
    throw new AppError('SESSION_UNKNOWN', 'The model is not open any more.', { hint: 'Open the model again.' });
  }
  const { width, height } = evenSize(size);
  const codec = isEncoded(format) ? await chooseCodec({ width, height }) : null;
  const file = localVideo(pictureId);
  const video =
    file === undefined ? { pictureId } : { name: file.name, sizeBytes: file.size, modifiedMs: file.lastModified };
  const encoding = codec === null ? '' : `${codec} ${width}x${height}`;
  const order = { directory, stem: stemOf(name), format, sessionId: session.id, video, encoding };
  return { order, codec };
}

/** A model that is being opened, after the engine host has gone or at the start, is waited for. @throws AppError CANCELLED */
export function sessionSettled(signal: AbortSignal): Promise<void> {
  const isSettled = (): boolean => signal.aborted || libraryStore.getState().session.kind !== 'opening';
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!isSettled()) return;
      stop();
      signal.removeEventListener('abort', look);
      if (signal.aborted) reject(new AppError('CANCELLED', 'The work was cancelled.'));
      else resolve();
    };
    const stop = libraryStore.subscribe(look);
    signal.addEventListener('abort', look);
    look();
  });
}

export function stemOf(name: string): string {
  return name.replace(/\.[^.]*$/, '') || name;
}

export function isEncoded(format: VideoFormat): format is 'overlay' | 'mask' {
  return format === 'overlay' || format === 'mask';
}

/** How masks are drawn now: what is changed while an export runs, or before it goes on, does not change it. */
export function styleOf(format: VideoFormat): MaskStyle | null {
  if (!isEncoded(format)) return null;
  const labels = shownLabels(libraryStore.getState());
  const { palette, colors } = viewStore.getState();
  const colorOf = classColors(labels, palette, colors);
  const style = { ...currentStyle(), colors: Object.fromEntries(labels.map(({ id }) => [String(id), colorOf(id)])) };
  if (format === 'mask') return { ...style, mode: 'fill', opacity: 1, outlineWidth: 1 };
  // The width follows the zoom; where none is drawn it says nothing.
  return style.mode === 'fill' ? { ...style, outlineWidth: 1 } : style;
}

export type SettingsChange = 'frames' | 'every' | 'smoothing' | 'style';

/** In what an export was begun otherwise than it would be now. */
export function changedSettings(then: ExportSettings, now: ExportSettings): SettingsChange[] {
  const changes: [SettingsChange, boolean][] = [
    ['frames', then.from !== now.from || then.to !== now.to],
    ['every', then.every !== now.every],
    ['smoothing', then.smoothing !== now.smoothing],
    ['style', !isSameStyle(then.style, now.style)],
  ];
  return changes.flatMap(([what, changed]) => (changed ? [what] : []));
}

function isSameStyle(a: MaskStyle | null, b: MaskStyle | null): boolean {
  const facts = (style: MaskStyle | null): string =>
    JSON.stringify(
      style && [style.mode, style.opacity, style.outlineWidth, style.hidden, Object.entries(style.colors).sort()],
    );
  return facts(a) === facts(b);
}

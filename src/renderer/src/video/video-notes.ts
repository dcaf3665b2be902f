import type { TFunction } from 'i18next';
import type { VideoNote } from './video-types';

export function noteText(t: TFunction, note: VideoNote): string {
  switch (note.kind) {
    case 'rotated':
      return t('video.notes.rotated', { degrees: String(note.degrees) });
    case 'reduced':
      return t('video.notes.reduced', { size: `${note.width}×${note.height}` });
    case 'deep':
      return t('video.notes.deep', { bits: String(note.bits) });
    case 'variableRate':
      return t('video.notes.variableRate');
    case 'truncated':
      return t('video.notes.truncated', { frames: String(note.frames), expected: String(note.expected) });
  }
}

import type { Translation } from '../translation';
import type { frame as source } from '../en/frame';

export const frame: Translation<typeof source> = {
  title: 'frame',
};

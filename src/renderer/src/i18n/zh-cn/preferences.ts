import type { Translation } from '../translation';
import type { preferences as source } from '../en/preferences';

export const preferences: Translation<typeof source> = {
  title: 'preferences',
};

import type { Translation } from '../translation';
import type { pictures as source } from '../en/pictures';

export const pictures: Translation<typeof source> = {
  title: 'pictures',
};

import type { Translation } from '../translation';
import type { display as source } from '../en/display';

export const display: Translation<typeof source> = {
  title: '显示',
};

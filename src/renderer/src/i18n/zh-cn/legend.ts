import type { Translation } from '../translation';
import type { legend as source } from '../en/legend';

export const legend: Translation<typeof source> = {
  title: '图例',
};

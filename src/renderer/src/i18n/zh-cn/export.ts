import type { Translation } from '../translation';
import type { exporting as source } from '../en/export';

export const exporting: Translation<typeof source> = {
  title: '导出',
};

import type { Translation } from '../translation';
import type { canvas as source } from '../en/canvas';

export const canvas: Translation<typeof source> = {
  title: '图片',
};

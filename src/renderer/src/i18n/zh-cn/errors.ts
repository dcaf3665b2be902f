import type { Translation } from '../translation';
import type { errors as source } from '../en/errors';

export const errors: Translation<typeof source> = {
  title: '操作未成功',
  codes: {
    INTERNAL: 'Maskforge 内部故障',
  },
};

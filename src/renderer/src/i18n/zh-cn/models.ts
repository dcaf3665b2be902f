import type { Translation } from '../translation';
import type { models as source } from '../en/models';

export const models: Translation<typeof source> = {
  title: 'models',
};

import type { modes as source } from '../en/modes';
import type { Translation } from '../translation';

export const modes: Translation<typeof source> = {
  title: '模式',
  segment: '分割',
  build: '构建',
  compare: '比较',
  video: '视频',
};

import type { Translation } from '../translation';
import type { common as source } from '../en/common';

export const common: Translation<typeof source> = {
  appName: 'Maskforge',
  cancel: '取消',
  close: '关闭',
  remove: '移除',
  undo: '撤销',
  choose: '选择…',
  retry: '重试',
  copy: '复制',
  copied: '已复制',
  details: '详细信息',
  apply: '应用',
  reset: '重置',
  clear: '清除',
  dismiss: '关闭提示',
  loading: '正在加载…',
  unknown: '未知',
};

import type { Translation } from '../translation';
import type { preferences as source } from '../en/preferences';

export const preferences: Translation<typeof source> = {
  title: '偏好设置',
  theme: '主题',
  themes: { system: '跟随系统', light: '浅色', dark: '深色' },
  language: '语言',
  exportFolder: '导出文件夹',
  askEachTime: '每次询问',
  recent: '最近的文件',
  clearRecent: '清空列表',
  aboutText: '从 ONNX 文件到本机最快的推理引擎，并证明其掩码依然正确。',
};

import type { Translation } from '../translation';
import type { display as source } from '../en/display';

export const display: Translation<typeof source> = {
  title: '显示',
  opacity: '不透明度',
  mode: '掩码样式',
  fill: '填充',
  outline: '轮廓',
  outlineWidth: '宽度',
  pixels: '{{value}} px',
  split: '原图与叠加并列',
  palette: '调色板',
  palettes: {
    model: '模型自带',
    cityscapes: 'Cityscapes',
    ade20k: 'ADE20K',
    colourBlind: '色盲友好',
  },
  backdrop: '背景',
  backdrops: { theme: '窗口灰色', black: '黑色', white: '白色', checker: '棋盘格' },
  zoom: '缩放',
  oneToOne: '1:1',
  fit: '适应',
};

import type { Translation } from '../translation';
import type { canvas as source } from '../en/canvas';

export const canvas: Translation<typeof source> = {
  title: '图片',
  describeNothing: '未显示图片。',
  describePicture: '{{name}}，尚无掩码。',
  describeMask: '{{name}}，{{width}} × {{height}} 像素：{{classes}}。',
  hoverPixel: 'x {{x}}  y {{y}}',
  hoverClass: 'x {{x}}  y {{y}}  ·  {{label}} ({{id}})',
  hoverUnnamed: 'x {{x}}  y {{y}}  ·  类别 {{id}}',
  hoverAgree: '{{text}}  ·  全部一致',
  original: '原图',
  overlay: '叠加',
  divider: '原图与叠加之间的分隔线',
  loading: '正在加载图片…',
  preview: '图片较大，以缩小的副本显示；掩码是完整的。',
  byProcessor: '画布由 CPU 绘制',
  byProcessorTitle: '画布绘制未使用显卡',
  byProcessorEffect: '掩码、面积占比和导出文件不受影响；浏览大图和播放视频会较慢。',
  tryCard: '重试显卡',
  fit: '适应窗口',
  actualSize: '实际大小 (1:1)',
  zoomIn: '放大',
  zoomOut: '缩小',
  copyView: '复制视图',
  copied: '视图已复制到剪贴板。',
  export: '导出…',
};

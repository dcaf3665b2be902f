import type { Translation } from '../translation';
import type { exporting as source } from '../en/export';

export const exporting: Translation<typeof source> = {
  title: '导出',
  pictures: '图片',
  scope: {
    selected_other: '当前图片',
    given_other: '选中的 {{count}} 张图片',
    all_other: '全部 {{count}} 张图片',
  },
  formats: '格式',
  format: {
    index: '索引 PNG',
    palette: '调色板 PNG',
    overlay: '叠加 PNG',
    coco: 'COCO JSON',
    csv: 'CSV',
  },
  formatNote: {
    index: '灰度值即类别编号，供程序使用',
    palette: '类别编号加颜色表，人与程序都可读',
    overlay: '叠加了掩码的图片',
    coco: '行程编码掩码，每个类别一条',
    csv: '每个类别的面积（像素与百分比）',
  },
  asShown: '调色板与叠加与屏幕上一致：{{style}}。',
  opacity: '不透明度 {{value}} %',
  folder: '文件夹',
  noFolder: '导出时再选择。',
  downloads: '文件将由浏览器下载；浏览器可能会询问是否允许下载多个文件。',
  files: '文件',
  more_other: '以及另外 {{count}} 个',
  start_other: '导出 {{count}} 个文件',
  started: '正在导出，进度见状态栏。',
  saved_other: '已导出 {{count}} 个文件',
  downloaded_other: '已下载 {{count}} 个文件',
  someFailed_other: '{{count}} 张图片未能导出',
  reveal: '在文件夹中显示',
};

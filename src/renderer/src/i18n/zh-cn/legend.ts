import type { Translation } from '../translation';
import type { legend as source } from '../en/legend';

export const legend: Translation<typeof source> = {
  title: '图例',
  search: '查找类别',
  options: '排序与显示',
  sortBy: '排序方式',
  sort: { share: '占图片比例', id: '类别编号', name: '名称' },
  present: '此图片中的类别',
  absent_other: '{{count}} 个类别不在此图片中',
  noModel: '打开模型后即可看到其类别。',
  noMatch: '没有与“{{search}}”匹配的类别。',
  classHeading: '{{name}} · {{id}}',
  rowLabel: '{{name}}，{{share}}',
  colorOf: '{{name}} 的颜色',
  show: '显示',
  hide: '隐藏',
  solo: '只显示此类别',
  endSolo: '重新显示其他类别',
  hiddenCount_other: '已隐藏 {{count}} 个类别',
  soloOnly: '仅显示一个类别',
  showAll: '全部显示',
  hideAll: '全部隐藏',
  changeColor: '更改颜色…',
  resetColor: '恢复颜色',
  resetColors: '恢复所有颜色',
  copyName: '复制名称',
};

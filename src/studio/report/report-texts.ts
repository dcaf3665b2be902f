import type { ReportLanguage } from '../../shared/domain/comparison';
import type { SizePolicy } from '../../shared/domain/model';

const en = {
  lang: 'en',
  eyebrow: { comparison: 'Comparison', verification: 'Verification' },
  drawn: 'Drawn masks',
  pictures: (n: number) => (n === 1 ? '1 picture' : `${n} pictures`),
  against: (others: string, reference: string) => `${others} against ${reference}`,
  agreementWith: (letter: string) => `of pixels agree with ${letter}`,
  accurateWith: (letter: string) => `of pixels as drawn in ${letter}`,
  meanIou: 'mIoU',
  borderIou: 'border IoU',
  ofReferenceTime: (share: string) => `${share} × the reference’s time`,
  sides: 'What was compared',
  side: 'Side',
  reference: 'reference',
  runtime: 'Runtime',
  device: 'Device',
  precision: 'Precision',
  recipe: 'Recipe',
  built: 'Built',
  sees: 'Sees pictures',
  figures: 'Figures',
  figure: 'Figure',
  pixelAgreement: 'Pixels with the reference’s class',
  pixelAccuracy: 'Pixels with the drawn class',
  meanIouReference: 'mIoU with the reference',
  borderIouReference: 'Border IoU with the reference',
  meanIouDrawn: 'mIoU with the drawn masks',
  borderIouDrawn: 'Border IoU with the drawn masks',
  idDifference: 'Difference of class ids: max / median / mean',
  timeMedian: 'Time per picture, median',
  timeP95: 'Time per picture, 95th percentile',
  compared: 'Pictures compared',
  latency: 'Time by stage',
  latencyHow: (n: number) =>
    `Medians of ${n === 1 ? 'one picture' : `${n} pictures`}, in milliseconds, one after another; each side ran its first picture once before, uncounted.`,
  total: 'total',
  stages: {
    decode: 'decode',
    preprocess: 'preprocess',
    transferIn: 'transfer in',
    infer: 'infer',
    postprocess: 'postprocess',
    transferOut: 'transfer out',
  },
  other: 'other',
  classes: 'Classes',
  classesHow:
    'Intersection over union with the reference, over all pictures together; the lowest first. The smaller figure counts only pixels near the borders of regions.',
  class: 'Class',
  share: 'Share',
  confusions: 'Most frequent disagreements',
  confusionsHow:
    'Pixels that the reference gives one class and the side another, and their share of all compared pixels.',
  says: (letter: string) => `${letter} says`,
  pixels: 'Pixels',
  none: 'None: every pixel has the same class.',
  worst: 'Where they agree least',
  worstHow:
    'The pictures with the least agreement, the worst first. In the dark ones, pixels of another class than the reference’s are bright, with a halo, so that single ones are seen.',
  picture: 'Picture',
  differs: (letter: string) => `${letter} differs`,
  agrees: (share: string) => `${share} agree`,
  iou: (value: string) => `mIoU ${value}`,
  drawnIou: (value: string) => `mIoU drawn ${value}`,
  noImage: 'This picture could not be shown again.',
  noMask: 'no mask',
  failures: 'What failed',
  failed: 'Picture',
  why: 'Why',
  how: 'How it was measured',
  howAgreement:
    'Agreement is the share of pixels to which a side gives the class that the reference gives them. It says how much a conversion changed, not how right a mask is.',
  howAccuracy: 'Figures with drawn masks are accuracy: pixels that nobody drew are not counted.',
  howIou:
    'IoU is counted over all pictures together, mIoU is its mean over the classes that occur. Border IoU counts only pixels within 2 % of the picture’s diagonal from the border of a region.',
  howIds:
    'Differences of class ids are given because write-ups of conversions report them; a class id is a name, so they say little.',
  sizes: (own: string, theirs: string) =>
    `sees pictures ${own}, the reference ${theirs}: that alone makes masks differ`,
  made: (date: string) => `Made by Maskforge, ${date}. This page needs nothing but itself.`,
  size: (size: SizePolicy): string => {
    if (size.mode === 'stretch') return `at ${size.width} × ${size.height}`;
    if (size.mode === 'pad') return `padded to ${size.width} × ${size.height}`;
    if (size.mode === 'tile') return `in tiles of ${size.width} × ${size.height}`;
    return `at their own size, up to ${size.maxSide}`;
  },
  list: ', ',
};

/** Every sentence of a page. */
export type ReportTexts = typeof en;

const zh: ReportTexts = {
  lang: 'zh-CN',
  eyebrow: { comparison: '对比', verification: '验证' },
  drawn: '人工标注',
  pictures: (n) => `${n} 张图片`,
  against: (others, reference) => `${others} 对照 ${reference}`,
  agreementWith: (letter) => `的像素与 ${letter} 一致`,
  accurateWith: (letter) => `的像素与 ${letter} 的标注相同`,
  meanIou: 'mIoU',
  borderIou: '边界 IoU',
  ofReferenceTime: (share) => `用时为参考的 ${share} 倍`,
  sides: '对比对象',
  side: '对象',
  reference: '参考',
  runtime: '运行时',
  device: '设备',
  precision: '精度',
  recipe: '配方',
  built: '构建时间',
  sees: '输入尺寸',
  figures: '指标',
  figure: '指标',
  pixelAgreement: '与参考类别相同的像素',
  pixelAccuracy: '与标注类别相同的像素',
  meanIouReference: '与参考的 mIoU',
  borderIouReference: '与参考的边界 IoU',
  meanIouDrawn: '与标注的 mIoU',
  borderIouDrawn: '与标注的边界 IoU',
  idDifference: '类别编号之差：最大 / 中位 / 平均',
  timeMedian: '每张用时，中位数',
  timeP95: '每张用时，第 95 百分位',
  compared: '参与对比的图片',
  latency: '各阶段用时',
  latencyHow: (n) => `${n} 张图片的中位数，单位毫秒，依次运行；每个对象先运行一次首张图片，不计入。`,
  total: '总计',
  stages: {
    decode: '解码',
    preprocess: '预处理',
    transferIn: '传入',
    infer: '推理',
    postprocess: '后处理',
    transferOut: '传出',
  },
  other: '其他',
  classes: '类别',
  classesHow: '所有图片合计的、与参考的交并比，由低到高。较小的数字只计区域边界附近的像素。',
  class: '类别',
  share: '占比',
  confusions: '最常见的分歧',
  confusionsHow: '参考判为一类而该对象判为另一类的像素，及其占全部对比像素的比例。',
  says: (letter) => `${letter} 判为`,
  pixels: '像素',
  none: '没有：每个像素的类别都相同。',
  worst: '一致程度最低的图片',
  worstHow: '一致程度最低的图片，最低者在前。暗色图中，与参考类别不同的像素以亮色标出并带光晕，以便看清单个像素。',
  picture: '图片',
  differs: (letter) => `${letter} 的差异`,
  agrees: (share) => `一致 ${share}`,
  iou: (value) => `mIoU ${value}`,
  drawnIou: (value) => `与标注的 mIoU ${value}`,
  noImage: '无法再次显示这张图片。',
  noMask: '没有掩膜',
  failures: '失败项',
  failed: '图片',
  why: '原因',
  how: '测量方法',
  howAgreement: '一致程度是该对象与参考给出相同类别的像素所占比例。它说明转换改变了多少，并不说明掩膜有多正确。',
  howAccuracy: '与人工标注比较的指标才是准确率；未标注的像素不计入。',
  howIou:
    'IoU 由所有图片合计得出，mIoU 是其在出现过的类别上的平均。边界 IoU 只计距区域边界不超过图片对角线 2% 的像素。',
  howIds: '类别编号之差仅因转换方面的文章常报告它而列出；类别编号只是名称，意义有限。',
  sizes: (own, theirs) => `输入尺寸为${own}，参考为${theirs}：仅此就会使掩膜不同`,
  made: (date) => `由 Maskforge 生成，${date}。本页无需其他任何文件。`,
  size: (size) => {
    if (size.mode === 'stretch') return `${size.width} × ${size.height}`;
    if (size.mode === 'pad') return `${size.width} × ${size.height}（补边）`;
    if (size.mode === 'tile') return `${size.width} × ${size.height} 分块`;
    return `原尺寸，不超过 ${size.maxSide}`;
  },
  list: '、',
};

export function reportTexts(language: ReportLanguage): ReportTexts {
  return language === 'zh' ? zh : en;
}

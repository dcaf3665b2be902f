/** What came of a trial, as far as it is known: the first sentence whose values are all there counts. */
function tried(what: string): readonly string[] {
  const came = `${what}：{{agreement}} 的像素保持一致，得到全部收益的 {{gain}}`;
  const timed = `${came}，{{milliseconds}} ms，对比 {{other}} ms`;
  const judged = '，按 {{judge}} 引擎自身的掩码判断';
  return [
    `${timed}${judged}`,
    timed,
    `${came}${judged}，未计时：{{failure}}`,
    `${came}，未计时：{{failure}}`,
    `${came}${judged}`,
    came,
  ];
}

const keeps = '{{agreement}} 的像素保持一致，其中 {{blocks}} 个模块为 {{wide}}。';
const inVain = '计时的 {{choices}} 种选择中，没有一种既达到目标又更快。';

/** Lines of a build's or a tuning's log that the studio itself writes, by code; as `engine-warnings.ts` does it of warnings. */
export const buildLines: Readonly<Record<string, readonly string[]>> = {
  'engine-kept': ['同一引擎已于 {{at}} 构建；可在终端中用 --fresh 重新构建。'],
  'engine-masks-compared': ['掩码：{{agreement}} 的像素与 ONNX Runtime 相同（{{took}} 秒）'],
  'engine-masks-not-compared': ['掩码未与 ONNX Runtime 比较：{{problem}}'],
  'pass-done': ['{{pass}}：找到 {{found}} 处，节点 {{before}} → {{after}}'],
  'stays-wide': ['{{node}} 保持 FP32：在样本图片上其数值达到 {{most}}；{{type}} 最大只到 {{end}}。'],
  'tried-alone': tried('仅 {{block}}'),
  'tried-everything': tried('全部为 8 位'),
  'tried-kept': tried('保留 {{blocks}} 个模块'),
  'tuned-faster': [`{{narrow}} 在此处更快：{{milliseconds}} ms，对比 {{other}} ms，为其 {{factor}} 倍。${keeps}`],
  'tuned-missed': ['{{narrow}} 最多只有 {{agreement}} 的像素保持一致，而要求是 {{target}}；请使用 {{wide}}。'],
  'tuned-nothing': ['尚未尝试任何 {{narrow}} 的选择。'],
  'tuned-on': ['在 {{pictures}} 张图片上比较。'],
  'tuned-same': [
    `{{narrow}} 在此处与 {{wide}} 一样快：{{milliseconds}} ms，对比 {{other}} ms；它只节省内存，内存充足时请使用 {{wide}}。${inVain}${keeps}`,
    `{{narrow}} 在此处与 {{wide}} 一样快：{{milliseconds}} ms，对比 {{other}} ms；它只节省内存，内存充足时请使用 {{wide}}。${keeps}`,
  ],
  'tuned-slower': [
    `{{narrow}} 在此处更慢：{{milliseconds}} ms，对比 {{other}} ms；请使用 {{wide}}。${inVain}${keeps}`,
    `{{narrow}} 在此处更慢：{{milliseconds}} ms，对比 {{other}} ms；请使用 {{wide}}。${keeps}`,
  ],
  'tuned-untimed': [`{{narrow}}：${keeps}`],
};

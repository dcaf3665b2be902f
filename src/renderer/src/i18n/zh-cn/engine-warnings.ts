/** What is told of engines, builds, tunings, calibrations and comparisons, by the warning's code; as `model-warnings.ts` does it of models. */
export const engineWarnings: Readonly<Record<string, readonly string[]>> = {
  'compared-on-calibrated': ['没有其他图片：掩码在确定范围所用的图片上比较。'],
  'device-missing': ['它在 {{built}} 上运行，而此处没有 CUDA 可用的 NVIDIA GPU。'],
  'eight-bits-slower': [
    '在 {{pictures}} 张图片上比较：{{narrow}} 有 {{agreement}} 的像素保持一致，但此处需 {{milliseconds}} ms，{{wide}} 需 {{other}} ms；请使用 {{wide}}。',
  ],
  'engine-masks-differ': [
    '它的掩码不是该网络的掩码：在一张图片上，只有 {{agreement}} 的像素与 ONNX Runtime 得出的类别相同。使用前请先验证，或以其他精度构建。',
  ],
  'engine-not-finite': ['它在一张图片上计算出 NaN 或无穷大，无法得出掩码。请以其他精度构建，或不使用插件。'],
  'few-pictures': [
    '仅凭 {{pictures}} 张图片确定的范围靠运气：请使用 {{wanted}} 张或更多，并尽量与实际工作时一样多样。',
  ],
  'model-changed': ['“{{path}}”在构建之后已更改：请重新构建。'],
  'not-built-here': ['它不是在此处构建的。引擎是代码：请确认它可以运行。'],
  'nothing-timed': ['无法计时：更高精度的网络无法构建或运行。{{problem}}'],
  'other-device': ['它在 {{built}} 上运行，而此处是 {{here}}。请为此处重新构建。'],
  'other-processor': ['它为 {{built}} 处理器构建，而此处是 {{here}}。请在此处重新构建。'],
  'other-runtime': ['它由 {{built}} 构建，而此处是 {{here}}。请重新构建。'],
  'processor-fp16': [
    'ONNX Runtime 在处理器上没有 FP16 内核：它会在计算前后与 FP32 相互转换。此引擎可用来查看 FP16 对掩码的影响；此处 FP32 更快。',
  ],
  'runtime-fallback': ['{{said}}'],
  'runtime-missing': ['它为 {{built}} 构建，而此处没有安装。'],
  'sees-other-size': ['它看到的图片尺寸（{{own}}）与基准（{{theirs}}）不同：仅此就会使掩码有差异。'],
  'timing-cache-damaged': ['计时缓存“{{file}}”已损坏并被丢弃；本次构建需要更长时间。'],
  'timing-cache-not-kept': ['计时缓存未能保存：{{problem}}'],
  'timing-cache-unreadable': ['计时缓存“{{file}}”无法读取；构建需要更长时间。'],
  'tuning-put-aside': ['先前的调优“{{file}}”不能使用；已更名为“{{aside}}”，调优重新开始。'],
};

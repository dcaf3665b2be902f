/** Why a pass acts where it does, by the reason's code; as `model-warnings.ts` does it of models. */
export const passReasons: Readonly<Record<string, readonly string[]>> = {
  'constants-fold': ['这些节点不依赖任何输入：其结果现在计算一次，而不必每次运行都计算。'],
  duplicates: ['这些节点计算的内容，另一个节点已由相同的值计算过。'],
  'gives-scores': ['网络给出每个类别的得分；在图中直接选出得分最高的类别，传给程序的字节会少得多。'],
  'gives-wide-ids': ['网络以较宽的类型给出类别编号；较窄的类型传给程序的字节更少。'],
  'head-folds': [
    '头部先将 {{maps}} 个特征图放大到 {{channels}} 个通道，然后才乘以矩阵；在各自的尺寸上先做乘法，得到的 logits 相同，而计算量只是一小部分。',
  ],
  'head-fuses': ['头部将 {{maps}} 个特征图放大、相加，再对每个像素分类；合成一个节点后，其和不必写入内存。'],
  'input-fixed': ['输入只接受一种尺寸和批量的图片；网络中没有任何部分需要这一限制。'],
  'input-open': ['输入接受任意尺寸的图片；固定尺寸后，各种大小现在计算一次即可，而不必每次运行都计算。'],
  'linear-fuses': ['这些节点是线性的，可以并入前一层的权重。'],
  'mixffn-fuses': [
    '这 {{nodes}} 个节点先转置、逐通道卷积，再转置回来并应用 GELU；合成一个节点后，数值只经过内存一次。',
  ],
  narrows: ['{{nodes}} 个节点可以用 {{type}} 计算，内存流量减半；{{weights}} 个权重缩小一半。'],
  'no-ops': ['这些节点原样传递其输入。'],
  'norm-decomposed': [
    '这 {{nodes}} 个节点将 {{channels}} 个通道归一化为均值 0、方差 1；一个 {{target}} 只需读取数据一遍即可完成。',
  ],
  'norm-other-form': ['此节点对 {{channels}} 个通道做归一化；{{target}} 只需读取数据一遍即可完成。'],
  'norm-with-sum': [
    '{{nodes}} 个节点对 {{channels}} 个通道做归一化；{{target}} 只需读取数据一遍即可完成，前面的加法也一并计算。',
  ],
  'pairs-merge': ['这些节点抵消了前一个节点，或两者的工作可由一个节点完成。'],
  'size-frozen': ['导出模型时的图片尺寸被写死在这个 {{operator}} 中。'],
  'sizes-in-table': ['一列尺寸绕道经过两个轴的表，而 TensorRT 不接受尺寸这样计算；用切片可得到相同结果。'],
  'sizes-known': ['这些节点计算的大小，对任何输入尺寸都是已知的。'],
  'takes-floats': ['网络接受归一化的浮点数；改为接受 8 位像素，只需传输四分之一的字节，程序也不必再做这些运算。'],
  'values-overflow': ['在样本图片上其数值达到 {{most}}；{{type}} 最大只到 {{end}}。'],
  'values-small': ['在样本图片上其数值始终低于 {{most}}，{{type}} 在此范围内会损失精度。'],
  'weight-too-large': ['有一个权重为 {{weight}}，超出 {{type}} 的最大值（{{end}}）。'],
  'weights-small': ['其所有权重都低于 {{end}}，{{type}} 在此范围内会损失精度。'],
  'weights-vanish': ['其中 {{percent}} % 的权重在 {{type}} 中会变为 0。'],
  'would-overflow': ['其数值在校准图片上会溢出。'],
};

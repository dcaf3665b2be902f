/** Of one layer, and of several that are so for the same reason. */
function inEightBits(why: string): readonly string[] {
  return [`{{layers}} 层以 {{format}} 计算：${why}`, why];
}

function wide(why: string): readonly string[] {
  return [`{{layers}} 层不以 {{format}} 计算：${why}`, why];
}

/** Why layers compute in 8 bits or do not, by the reason's code; as `pass-reasons.ts` does it of other passes. */
export const eightBitReasons: Readonly<Record<string, readonly string[]>> = {
  'kept-as-asked': wide('按要求保持更高精度。'),
  'kept-attention': wide('注意力乘积之间的 Q/DQ 可能使设备无法将其与 softmax 合并。'),
  'kept-classifier': wide('最后一层的舍入会直接影响掩码，而它只占计算的一小部分。'),
  'kept-convolution': wide('未选择卷积。'),
  'kept-depthwise': wide('逐通道卷积每个字节的运算很少，整数不能加速，而且每个通道需要自己的范围。'),
  'kept-linear': wide('未选择线性层。'),
  'kept-not-asked': wide('只要求了其他部分。'),
  'kept-residual': wide('除非两个输入本来就是 8 位，否则相加没有收益。'),
  'kept-unknown': wide('校准中没有 {{value}} 的信息。'),
  'quantised-attention': inEightBits('两个激活值的乘积，按要求量化；可能会拆散设备的融合注意力。'),
  'quantised-classifier': inEightBits('最后一层，按要求量化：其舍入会直接影响掩码。'),
  'quantised-convolution': inEightBits(
    '稠密卷积：输入和权重为 8 位时，在整数张量核心上运行，权重占用的空间为四分之一。',
  ),
  'quantised-depthwise': inEightBits('逐通道卷积，按要求量化：它受内存限制，8 位使内存流量减半。'),
  'quantised-linear': inEightBits(
    '与常数权重的矩阵乘法：输入和权重为 8 位时，在整数张量核心上运行，偏置和其后的计算保持更高精度。',
  ),
  'quantised-residual': inEightBits('两个分支的相加，按要求量化：两个输入共用一个缩放系数，相加时无需重新缩放。'),
};

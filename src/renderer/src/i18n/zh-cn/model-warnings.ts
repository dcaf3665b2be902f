/**
 * What is told of a model, by the warning's code, in place of the studio's English sentence. Of several sentences the first
 * counts whose names in braces are all among the warning's details.
 */
export const modelWarnings: Readonly<Record<string, readonly string[]>> = {
  'bytes-passed-on': ['{{source}} 要求归一化像素，但网络接受字节；像素将原样传入。'],
  'choices-outdated': ['为此模型选择的设置与网络不再相符，不予采用。'],
  'file-ignored': ['模型旁的“{{file}}”无法读取，已忽略。'],
  'filter-replaced': ['preprocessor_config.json 要求滤波器 {{filter}}；此处使用双线性。'],
  'labels-and-count-unknown': ['没有文件说明类别名称，网络也未说明类别数量；类别以编号表示。'],
  'labels-surplus': ['{{source}} 列出 {{labels}} 个类别，而网络只区分 {{classes}} 个；多余的已略去。'],
  'labels-too-few': ['{{source}} 列出 {{labels}} 个类别，而网络区分 {{classes}} 个；其余以编号表示。'],
  'labels-unknown': ['没有文件说明类别名称；类别以编号表示。'],
  'first-output': ['网络有 {{outputs}} 个输出，使用 {{output}}。'],
  'lanczos-replaced': ['preprocessor_config.json 使用 Lanczos 缩放；此处以最接近的双三次代替。'],
  'layout-assumed': ['输入未说明哪一维是通道；按批量、通道、高、宽的顺序处理。'],
  'mean-assumed': ['preprocessor_config.json 未给出可用的 image_mean 与 image_std；采用 ImageNet 的数值。'],
  'metadata-ignored': ['元数据项 maskforge.preprocessing 不是预处理设置，已忽略。'],
  'not-kept': ['无法保存模型库：此模型只保留到程序关闭。'],
  'output-chosen': ['网络有 {{outputs}} 个输出，使用 {{output}}；可在 model.json 中指定其他输出。'],
  'preprocessing-assumed': [
    '没有文件说明图片如何处理：图片将拉伸为 {{width}}×{{height}}，按 RGB 顺序以 ImageNet 的均值和标准差归一化。请查看预览。',
    '没有文件说明图片如何处理：图片保持原有尺寸，按 RGB 顺序以 ImageNet 的均值和标准差归一化。请查看预览。',
  ],
  'preprocessing-assumed-bytes': [
    '没有文件说明图片如何处理：图片将拉伸为 {{width}}×{{height}}，以字节传入。请查看预览。',
    '没有文件说明图片如何处理：图片保持原有尺寸，以字节传入。请查看预览。',
  ],
  'shortest-side-stretched': ['preprocessor_config.json 将短边缩放为 {{side}}；此处图片拉伸为 {{side}}×{{side}}。'],
  'size-assumed': ['preprocessor_config.json 未给出可用的尺寸；采用 {{width}}×{{height}}。'],
  'size-fitted': [
    '{{source}} 要求 {{askedWidth}}×{{askedHeight}}，但网络接受 {{width}}×{{height}}；以网络为准。',
    '{{source}} 保持图片尺寸，但网络接受 {{width}}×{{height}}；以网络为准。',
  ],
};

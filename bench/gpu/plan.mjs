// What `run.mjs` builds and measures: one row for each engine. Rows of one group are measured in turns, and their times
// are given as ratios to the group's first row.

/**
 * @typedef {object} Row
 * @property {string} group
 * @property {string} name what the row is, in words
 * @property {string} model file in the folder of exports, or a model's id
 * @property {string[]} args of `maskforge build`
 * @property {string} [shape] batch and size that a range is measured at
 * @property {boolean} [endToEnd] also from pixels to masks
 * @property {boolean} [verify] also against ONNX Runtime and drawn masks
 * @property {boolean} [profile] also layer by layer
 */

const plainFlag = ['--plain', '--fp16-flag', '--precision', 'fp16'];
const fp16 = ['--precision', 'fp16'];
const range = ['--min', '1x3x256x256', '--opt', '8x3x512x512', '--max', '8x3x1024x1024'];

/** @param {string} variant @param {number} size @returns {Pick<Row, 'group' | 'model'>} */
function export_(variant, size) {
  return { group: `${variant.toUpperCase()} ${size}`, model: `${variant}-original-ts13-${size}.onnx` };
}

/** The network as it was exported, and with all that we have. @returns {Row[]} */
function shortGroup(variant, size) {
  const base = export_(variant, size);
  return [
    { ...base, name: 'plain FP16', args: plainFlag },
    { ...base, name: 'FP16', args: fp16, endToEnd: true },
    { ...base, name: 'FP16, plugins', args: [...fp16, '--fast-plugins'], endToEnd: true },
  ];
}

/** Each step by itself. @returns {Row[]} */
function longGroup(variant, size) {
  const base = export_(variant, size);
  return [
    { ...base, name: 'plain FP16', args: plainFlag, profile: true },
    { ...base, name: 'plain FP32', args: ['--plain', '--precision', 'fp32'] },
    { ...base, name: 'plain TF32', args: ['--plain', '--precision', 'tf32'] },
    {
      ...base,
      name: 'FP16, LayerNorm as exported, head as exported',
      args: [...fp16, '--layernorm', 'keep', '--no-fold-head'],
    },
    { ...base, name: 'FP16, LayerNorm as exported', args: [...fp16, '--layernorm', 'keep'] },
    { ...base, name: 'FP16, LayerNorm native, head as exported', args: [...fp16, '--no-fold-head'] },
    { ...base, name: 'FP16, LayerNorm native', args: fp16, endToEnd: true },
    { ...base, name: 'FP16, LayerNorm plugin', args: [...fp16, '--layernorm', 'plugin'] },
    { ...base, name: 'FP16, head plugin', args: [...fp16, '--fuse-head'] },
    { ...base, name: 'FP16, MixFFN plugin', args: [...fp16, '--fuse-mixffn'] },
    {
      ...base,
      name: 'FP16, head and MixFFN plugins',
      args: [...fp16, '--fuse-head', '--fuse-mixffn'],
      endToEnd: true,
      profile: true,
    },
    {
      ...base,
      name: 'FP16, all plugins',
      args: [...fp16, '--layernorm', 'plugin', '--fuse-head', '--fuse-mixffn'],
      profile: true,
    },
    { ...base, name: 'BF16', args: ['--precision', 'bf16'] },
    { ...base, name: 'FP32', args: ['--precision', 'fp32'] },
    { ...base, name: 'TF32', args: ['--precision', 'tf32'] },
  ];
}

const sample = { group: 'sample model', model: 'street-b0', verify: true, endToEnd: true };

/** @type {Row[]} */
export const rows = [
  { ...sample, name: 'plain FP16', args: plainFlag },
  { ...sample, name: 'FP32', args: ['--precision', 'fp32'] },
  { ...sample, name: 'TF32', args: ['--precision', 'tf32'] },
  { ...sample, name: 'FP16', args: fp16 },
  { ...sample, name: 'FP16, LayerNorm plugin', args: [...fp16, '--layernorm', 'plugin'] },
  { ...sample, name: 'FP16, head and MixFFN plugins', args: [...fp16, '--fuse-head', '--fuse-mixffn'] },
  { ...sample, name: 'FP16, all plugins', args: [...fp16, '--layernorm', 'plugin', '--fuse-head', '--fuse-mixffn'] },
  { ...sample, name: 'BF16', args: ['--precision', 'bf16'] },
  {
    ...sample,
    name: 'BF16, all plugins',
    args: ['--precision', 'bf16', '--layernorm', 'plugin', '--fuse-head', '--fuse-mixffn'],
  },
  { ...sample, name: 'FP32, LayerNorm plugin', args: ['--precision', 'fp32', '--layernorm', 'plugin'] },
  ...longGroup('b2', 1024),
  ...shortGroup('b0', 512),
  ...shortGroup('b1', 1024),
  ...shortGroup('b5', 1024),
  ...['1x3x256x256', '8x3x512x512', '1x3x1024x1024'].map((shape) => ({
    group: `B2, any size, at ${shape}`,
    name: 'FP16, head and MixFFN plugins',
    model: 'b2-original-ts13-dynamic.onnx',
    args: [...fp16, ...range, '--fuse-head', '--fuse-mixffn'],
    shape,
    endToEnd: true,
  })),
];

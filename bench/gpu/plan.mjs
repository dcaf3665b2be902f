// What `run.mjs` builds and measures: one row for each engine. Rows of one group are measured in turns, and their times
// are given as ratios to the group's first row.

/**
 * @typedef {object} Row
 * @property {string} group
 * @property {string} name what the row is, in words
 * @property {string} model file in the folder of exports, or a model's id
 * @property {string[]} args of `maskforge build`
 * @property {string[]} [tune] args of `maskforge tune`, which runs first; `TUNING` in `args` is then what it found
 * @property {string} [shape] batch and size that a range is measured at
 * @property {boolean} [endToEnd] also from pixels to masks
 * @property {boolean} [verify] also against ONNX Runtime and drawn masks
 * @property {number} [agreeOn] against ONNX Runtime on so many pictures
 * @property {boolean} [profile] also layer by layer
 */

const plain = ['--plain', '--fp16-flag', '--precision', 'fp16'];
const none = ['--plugins', 'none'];
const both = ['--plugins', 'both'];
const fp16 = ['--precision', 'fp16'];
const bf16 = ['--precision', 'bf16'];
const plugin = ['--layernorm', 'plugin'];
/** The stage with the most rows and the fewest channels, where a normalisation is bound by memory. */
const pluginSubset = ['--layernorm', 'plugin:*stages.0*'];
/** `CALIBRATION` stands for the folder that `run.mjs` is told. */
const int8 = ['--precision', 'int8', '--calibrate', 'CALIBRATION'];
const fp8 = ['--precision', 'fp8', '--calibrate', 'CALIBRATION'];
const attention = ['--layers', 'linear,attention'];
/** What a search finds is built as it is. What stays in FP16 has the plugins' kernels, as what it is timed against has. */
const fromTuning = ['--keep-from', 'TUNING'];
/** @param {'int8' | 'fp8'} format @param {string[]} how many pictures, and for how long candidates are timed */
const tuned = (format, how) => ({
  name: `${format.toUpperCase()}, plugins, tuned`,
  args: fromTuning,
  tune: ['--format', format, '--images', 'CALIBRATION', '--target-agreement', '0.99', ...both, ...how],
  profile: true,
});
/**
 * Each choice is judged by the masks of its own engine; only the reference runs on the processor, and of a large network few
 * pictures fit into its part of the time.
 */
const inTime = ['--rank-seconds', '40', '--max-seconds', '170'];
const fewPictures = ['--count', '16', '--compared', '12', '--timing-seconds', '240', ...inTime];
const manyPictures = ['--count', '128', '--compared', '16', '--timing-seconds', '240', ...inTime];
const range = ['--min', '1x3x256x256', '--opt', '8x3x512x512', '--max', '8x3x1024x1024'];

/** @param {string} variant @param {number} size @returns {Pick<Row, 'group' | 'model'>} */
function exported(variant, size) {
  return { group: `${variant.toUpperCase()} ${size}`, model: `${variant}-original-ts13-${size}.onnx` };
}

/** The network as it was exported, with our passes, and with our plugins as well. @returns {Row[]} */
function shortGroup(variant, size) {
  const base = exported(variant, size);
  return [
    { ...base, name: 'plain FP16', args: plain },
    { ...base, name: 'FP16', args: [...fp16, ...none] },
    { ...base, name: 'FP16, plugins', args: [...fp16, ...both], endToEnd: true, agreeOn: 6 },
  ];
}

/** Each step by itself. @returns {Row[]} */
function longGroup(variant, size) {
  const base = exported(variant, size);
  return [
    { ...base, name: 'plain FP16', args: plain, profile: true },
    { ...base, name: 'FP16, LayerNorm as exported', args: [...fp16, ...none, '--layernorm', 'keep'] },
    { ...base, name: 'FP16, head as exported', args: [...fp16, ...none, '--no-fold-head'] },
    { ...base, name: 'FP16', args: [...fp16, ...none], endToEnd: true },
    { ...base, name: 'FP16, LayerNorm plugin', args: [...fp16, ...none, ...plugin] },
    { ...base, name: 'FP16, head plugin', args: [...fp16, '--plugins', 'head'] },
    { ...base, name: 'FP16, MixFFN plugin', args: [...fp16, '--plugins', 'mixffn'] },
    { ...base, name: 'FP16, plugins', args: [...fp16, ...both], endToEnd: true, profile: true, agreeOn: 6 },
    { ...base, name: 'FP16, plugins and LayerNorm plugin', args: [...fp16, ...both, ...plugin], profile: true },
    { ...base, name: 'FP16, plugins and LayerNorm plugin in stage 1', args: [...fp16, ...both, ...pluginSubset] },
    { ...base, name: 'BF16', args: [...bf16, ...none] },
    { ...base, name: 'BF16, plugins', args: [...bf16, ...both] },
    { ...base, name: 'INT8', args: [...int8, ...none, '--count', '16'], profile: true },
    { ...base, name: 'INT8, plugins', args: [...int8, ...both, '--count', '16'], profile: true },
    { ...base, name: 'FP8', args: [...fp8, ...none, '--count', '16'], profile: true },
    {
      ...base,
      name: 'INT8 with attention, plugins',
      args: [...int8, ...both, ...attention, '--count', '8'],
      agreeOn: 6,
    },
    { ...base, name: 'FP8 with attention, plugins', args: [...fp8, ...both, ...attention, '--count', '8'], agreeOn: 6 },
    { ...base, ...tuned('int8', fewPictures) },
    { ...base, ...tuned('fp8', fewPictures) },
    { ...base, name: 'plain TF32', args: ['--plain', '--precision', 'tf32'] },
    { ...base, name: 'TF32', args: ['--precision', 'tf32', ...none] },
    { ...base, name: 'plain FP32', args: ['--plain', '--precision', 'fp32'] },
    { ...base, name: 'FP32', args: ['--precision', 'fp32', ...none] },
  ];
}

const sample = { group: 'sample model', model: 'street-b0', verify: true, endToEnd: true };

/** What matters most comes first: a run whose time is bounded may end before the last. @type {Row[]} */
export const rows = [
  { ...sample, name: 'plain FP16', args: plain },
  { ...sample, name: 'FP16', args: [...fp16, ...none] },
  { ...sample, name: 'FP16, LayerNorm plugin', args: [...fp16, ...none, ...plugin] },
  { ...sample, name: 'FP16, plugins', args: [...fp16, ...both] },
  { ...sample, name: 'FP16, plugins and LayerNorm plugin', args: [...fp16, ...both, ...plugin] },
  { ...sample, name: 'FP32', args: ['--precision', 'fp32', ...none] },
  { ...sample, name: 'TF32', args: ['--precision', 'tf32', ...none] },
  { ...sample, name: 'BF16', args: [...bf16, ...none] },
  { ...sample, name: 'BF16, plugins', args: [...bf16, ...both] },
  { ...sample, name: 'INT8', args: [...int8, ...none], profile: true },
  { ...sample, name: 'INT8, plugins', args: [...int8, ...both], profile: true },
  { ...sample, name: 'FP8', args: [...fp8, ...none], profile: true },
  { ...sample, name: 'INT8 with convolutions, plugins', args: [...int8, ...both, '--layers', 'linear,convolution'] },
  { ...sample, name: 'FP8 with attention, plugins', args: [...fp8, ...both, ...attention] },
  { ...sample, ...tuned('int8', manyPictures) },
  { ...sample, ...tuned('fp8', manyPictures) },
  ...longGroup('b2', 1024),
  ...shortGroup('b0', 512),
  ...shortGroup('b1', 1024),
  ...['1x3x256x256', '8x3x512x512', '1x3x1024x1024'].map((shape) => ({
    group: `B2, any size, at ${shape}`,
    name: 'FP16, plugins',
    model: 'b2-original-ts13-dynamic.onnx',
    args: [...fp16, ...range, ...both],
    shape,
    endToEnd: true,
  })),
  ...shortGroup('b5', 1024),
];

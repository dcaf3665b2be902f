import { InvalidArgumentError } from 'commander';
import type { ImageShape, PluginPart } from '../shared/domain/engine';
import { pluginPartSchema } from '../shared/domain/engine';
import type { QuantizedKind } from '../shared/domain/quantization';
import { quantizedKindSchema } from '../shared/domain/quantization';

/** `1x3x1024x1024`, `1x1024x1024` or `1024x1024`, in pixels: batch, (channels,) height, width. */
export function shapeOf(text: string): ImageShape {
  const numbers = text.split(/[x×]/i).map(Number);
  const valid = numbers.every((number) => Number.isInteger(number) && number > 0 && number <= 65_536);
  const [first = 0, second = 0, third = 0, fourth = 0] = numbers;
  if (valid && numbers.length === 2) return { batch: 1, height: first, width: second };
  if (valid && numbers.length === 3) return { batch: first, height: second, width: third };
  if (valid && numbers.length === 4 && (second === 3 || second === 1)) {
    return { batch: first, height: third, width: fourth };
  }
  throw new InvalidArgumentError('A shape is batch x 3 x height x width, such as 1x3x1024x1024, or height x width.');
}

/** `4GiB`, `512MiB`, `2GB`: bytes. */
export function bytesOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(k|m|g|t)?(i)?b?$/i.exec(text.trim());
  const power = ['', 'k', 'm', 'g', 't'].indexOf((match?.[2] ?? '').toLowerCase());
  const bytes = Math.round(Number(match?.[1]) * (match?.[3] === undefined ? 1000 : 1024) ** power);
  if (match !== null && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('A size is a number with its unit, such as 4GiB.');
}

/** `sm_89,sm_120` or `8.9,12.0`: GPU generations. */
export function targetsOf(text: string): number[] {
  return text.split(',').map((part) => {
    const match = /^(?:sm_?)?(\d{2,3})$|^(\d{1,2})\.(\d)$/i.exec(part.trim());
    const target = Number(match?.[1] ?? `${match?.[2] ?? ''}${match?.[3] ?? ''}`);
    if (match === null || target < 50) throw new InvalidArgumentError(`"${part}" is no GPU generation such as sm_89.`);
    return target;
  });
}

export interface LayerNormChoice {
  readonly layerNorm: 'native' | 'plugin' | 'keep';
  readonly pluginOnly?: string[];
}

/** Kinds of layers, separated by commas: what computes in 8 bits. */
export function quantizedKinds(text: string): QuantizedKind[] {
  return text.split(',').map((part) => {
    const { success, data } = quantizedKindSchema.safeParse(part.trim());
    if (success) return data;
    const known = quantizedKindSchema.options.join(', ');
    throw new InvalidArgumentError(`"${part}" is none of ${known}.`);
  });
}

/** `native`, `plugin`, `keep`, or `plugin:NAMES` with names separated by commas, `*` for any part of one. */
export function layerNormOf(text: string): LayerNormChoice {
  if (text === 'native' || text === 'plugin' || text === 'keep') return { layerNorm: text };
  const names = text.startsWith('plugin:') ? text.slice('plugin:'.length).split(',') : [];
  const pluginOnly = names.map((name) => name.trim()).filter((name) => name !== '');
  if (pluginOnly.length > 0) return { layerNorm: 'plugin', pluginOnly };
  throw new InvalidArgumentError('It is native, plugin, keep, or plugin: followed by names.');
}

export type PluginChoice = 'auto' | PluginPart[];

/** `auto`, `none`, or parts separated by commas. */
export function pluginsOf(text: string): PluginChoice {
  if (text === 'auto') return text;
  if (text === 'none') return [];
  if (text === 'both') return ['head', 'mixffn'];
  const parts = pluginPartSchema.array().safeParse(text.split(','));
  if (parts.success) return parts.data;
  throw new InvalidArgumentError('It is auto, none, both, head or mixffn.');
}

/** A whole number from 0 to 5. */
export function levelOf(text: string): number {
  if (/^[0-5]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A level is a whole number from 0 to 5.');
}

/** Seconds or milliseconds: a number of at least 0. */
export function amountOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('A number of at least 0 is needed.');
}

/** A share above 0 and up to 1. */
export function shareOf(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('A number above 0 and up to 1 is needed, such as 0.99.');
}

/** A whole number of at least 1. */
export function countOf(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 1e9) return value;
  throw new InvalidArgumentError('A whole number of at least 1 is needed.');
}

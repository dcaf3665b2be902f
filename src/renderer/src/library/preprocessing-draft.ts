import type { Preprocessing, SizePolicy } from '../../../shared/domain/model';
import { preprocessingSchema } from '../../../shared/domain/model';

/** What the form holds: text as typed, so that a half-written number is not lost. */
export interface Draft {
  readonly mode: SizePolicy['mode'];
  readonly width: string;
  readonly height: string;
  readonly overlap: string;
  readonly maxSide: string;
  readonly multipleOf: string;
  readonly fill: readonly [number, number, number];
  readonly resample: Preprocessing['resample'];
  readonly channelOrder: Preprocessing['channelOrder'];
  readonly scale: string;
  readonly mean: readonly [string, string, string];
  readonly std: readonly [string, string, string];
}

export type PresetId = 'imagenet' | 'unit' | 'symmetric' | 'raw';

/** Value ranges that exported networks use most. */
export const presets: Readonly<Record<PresetId, Pick<Draft, 'scale' | 'mean' | 'std'>>> = {
  imagenet: { scale: '1/255', mean: ['0.485', '0.456', '0.406'], std: ['0.229', '0.224', '0.225'] },
  unit: { scale: '1/255', mean: ['0', '0', '0'], std: ['1', '1', '1'] },
  symmetric: { scale: '1/255', mean: ['0.5', '0.5', '0.5'], std: ['0.5', '0.5', '0.5'] },
  raw: { scale: '1', mean: ['0', '0', '0'], std: ['1', '1', '1'] },
};

export function draftOf(preprocessing: Preprocessing): Draft {
  const { size, resample, channelOrder, scale, mean, std } = preprocessing;
  return {
    mode: size.mode,
    width: size.mode === 'native' ? '512' : String(size.width),
    height: size.mode === 'native' ? '512' : String(size.height),
    overlap: size.mode === 'tile' ? String(size.overlap) : '64',
    maxSide: size.mode === 'native' ? String(size.maxSide) : '2048',
    multipleOf: size.mode === 'native' ? String(size.multipleOf) : '32',
    fill: size.mode === 'pad' ? size.fill : [0, 0, 0],
    resample,
    channelOrder,
    scale: Math.abs(scale * 255 - 1) < 1e-9 ? '1/255' : String(scale),
    mean: [String(mean[0]), String(mean[1]), String(mean[2])],
    std: [String(std[0]), String(std[1]), String(std[2])],
  };
}

/** Null while a number is missing or out of its range. */
export function preprocessingOf(draft: Draft): Preprocessing | null {
  const parsed = preprocessingSchema.safeParse({
    size: sizeOf(draft),
    resample: draft.resample,
    channelOrder: draft.channelOrder,
    scale: number(draft.scale),
    mean: draft.mean.map(number),
    std: draft.std.map(number),
  });
  return parsed.success ? parsed.data : null;
}

function sizeOf(draft: Draft): unknown {
  const { mode } = draft;
  const width = number(draft.width);
  const height = number(draft.height);
  switch (mode) {
    case 'stretch':
      return { mode, width, height };
    case 'pad':
      return { mode, width, height, fill: draft.fill };
    case 'tile':
      return { mode, width, height, overlap: number(draft.overlap) };
    case 'native':
      return { mode, maxSide: number(draft.maxSide), multipleOf: number(draft.multipleOf) };
  }
}

/** Decimals and fractions such as `1/255`; NaN for anything else. */
export function number(text: string): number {
  const [above, below, more] = text.split('/');
  if (above === undefined || above.trim() === '' || more !== undefined) return NaN;
  if (below === undefined) return Number(above);
  return below.trim() === '' ? NaN : Number(above) / Number(below);
}

export function presetOf(draft: Draft): PresetId | null {
  const ids: readonly PresetId[] = ['imagenet', 'unit', 'symmetric', 'raw'];
  return ids.find((id) => sameRange(presets[id], draft)) ?? null;
}

function sameRange(preset: Pick<Draft, 'scale' | 'mean' | 'std'>, draft: Draft): boolean {
  const close = (a: string, b: string): boolean => Math.abs(number(a) - number(b)) < 1e-6;
  return (
    close(preset.scale, draft.scale) &&
    preset.mean.every((value, index) => close(value, draft.mean[index] ?? '')) &&
    preset.std.every((value, index) => close(value, draft.std[index] ?? ''))
  );
}

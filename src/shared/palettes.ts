import type { Rgb } from './domain/model';

/** Colours of classes, for every shell alike. A palette knows a colour for every id; past its own classes it goes on. */
export interface Palette {
  readonly id: 'cityscapes' | 'ade20k' | 'color-blind' | 'distinct';
  readonly name: string;
  /** A palette of named classes prefers the label: `road` is Cityscapes' violet whatever its id in this model. */
  colorOf(classId: number, label?: string): Rgb;
}

/** Cityscapes' 19 evaluation classes in the order of their train ids. */
const CITYSCAPES: readonly (readonly [label: string, color: string])[] = [
  ['road', '804080'],
  ['sidewalk', 'f423e8'],
  ['building', '464646'],
  ['wall', '66669c'],
  ['fence', 'be9999'],
  ['pole', '999999'],
  ['traffic light', 'faaa1e'],
  ['traffic sign', 'dcdc00'],
  ['vegetation', '6b8e23'],
  ['terrain', '98fb98'],
  ['sky', '4682b4'],
  ['person', 'dc143c'],
  ['rider', 'ff0000'],
  ['car', '00008e'],
  ['truck', '000046'],
  ['bus', '003c64'],
  ['train', '005064'],
  ['motorcycle', '0000e6'],
  ['bicycle', '770b20'],
];

/** The colour code published with ADE20K's 150 scene-parsing classes, without the background. */
const ADE20K =
  '787878 b47878 06e6e6 503232 04c803 787850 8c8c8c cc05ff e6e6e6 04fa07 e005ff ebff07 96053d 787846 08ff33 ' +
  'ff0652 8fff8c ccff04 ff3307 cc4603 0066c8 3de6fa ff0633 0b66ff ff0747 ff09e0 0907e6 dcdcdc ff095c 7009ff ' +
  '08ffd6 07ffe0 ffb806 0aff47 ff290a 07ffff e0ff08 6608ff ff3d06 ffc207 ff7a08 00ff14 ff0829 ff0599 0633ff ' +
  'eb0cff a09614 00a3ff 8c8c8c fa0a0f 14ff00 1fff00 ff1f00 ffe000 99ff00 0000ff ff4700 00ebff 00adff 1f00ff ' +
  '0bc8c8 ff5200 00fff5 003dff 00ff70 00ff85 ff0000 ffa300 ff6600 c2ff00 008fff 33ff00 0052ff 00ff29 00ffad ' +
  '0a00ff adff00 00ff99 ff5c00 ff00ff ff00f5 ff0066 ffad00 ff0014 ffb8b8 001fff 00ff3d 0047ff ff00cc 00ffc2 ' +
  '00ff52 000aff 0070ff 3300ff 00c2ff 007aff 00ffa3 ff9900 00ff0a ff7000 8fff00 5200ff a3ff00 ffeb00 08b8aa ' +
  '8500ff 00ff5c b800ff ff001f 00b8ff 00d6ff ff0070 5cff00 00e0ff 70e0ff 46b8a0 a300ff 9900ff 47ff00 ff00a3 ' +
  'ffcc00 ff008f 00ffeb 85ff00 ff00eb f500ff ff007a fff500 0abed4 d6ff00 00ccff 1400ff ffff00 0099ff 0029ff ' +
  '00ffcc 2900ff 29ff00 ad00ff 00f5ff 4700ff 7a00ff 00ffb8 005cff b8ff00 0085ff ffd600 19c2c2 66ff00 5c00ff ';

/** Okabe and Ito's eight colours, told apart with every common kind of colour blindness; black last. */
const OKABE_ITO = 'e69f00 56b4e9 009e73 f0e442 0072b2 d55e00 cc79a7 000000';

const cityscapesColors = CITYSCAPES.map(([, color]) => parseHex(color));
const cityscapesByLabel = new Map(CITYSCAPES.map(([label], index) => [label, index]));
const ade20kColors = ADE20K.trim().split(' ').map(parseHex);
const okabeIto = OKABE_ITO.split(' ').map(parseHex);

export const palettes: readonly Palette[] = [
  {
    id: 'cityscapes',
    name: 'Cityscapes',
    colorOf: (classId, label) => {
      const known = label === undefined ? undefined : cityscapesByLabel.get(normaliseLabel(label));
      return cityscapesColors[known ?? classId] ?? distinctColor(classId);
    },
  },
  { id: 'ade20k', name: 'ADE20K', colorOf: (classId) => ade20kColors[classId] ?? distinctColor(classId) },
  { id: 'color-blind', name: 'Colour-blind safe', colorOf: colorBlindSafe },
  { id: 'distinct', name: 'Distinct', colorOf: distinctColor },
];

/** The palette of the dataset that these labels (by class id) belong to, else the generated one. */
export function paletteForLabels(labels: readonly string[]): Palette {
  const names = labels.map(normaliseLabel);
  const isCityscapes = names.length === 19 && names.every((name) => cityscapesByLabel.has(name));
  const isAde20k = names.length === 150 && names[0] === 'wall' && names[2] === 'sky';
  return paletteById(isCityscapes ? 'cityscapes' : isAde20k ? 'ade20k' : 'distinct');
}

export function paletteById(id: Palette['id']): Palette {
  const found = palettes.find((palette) => palette.id === id);
  if (found === undefined) throw new Error(`There is no palette ${id}.`);
  return found;
}

/**
 * Hues a golden angle apart never repeat and keep their distance from all earlier ones; every eight ids
 * lightness and chroma step on, so that the near hues of later rounds still differ. OKLCH, as a browser would convert it:
 * https://bottosson.github.io/posts/oklab/
 */
function distinctColor(classId: number): Rgb {
  const hue = ((25 + classId * 137.508) % 360) * (Math.PI / 180);
  const round = Math.floor(classId / 8) % 3;
  const lightness = [0.68, 0.5, 0.84][round] ?? 0.68;
  const chroma = [0.17, 0.16, 0.12][round] ?? 0.15;
  return oklabToRgb(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue));
}

/** Rounds past the first eight are mixed towards white, then towards black: lightness is what everybody sees. */
function colorBlindSafe(classId: number): Rgb {
  const base = okabeIto[classId % okabeIto.length] ?? [0, 0, 0];
  const round = Math.floor(classId / okabeIto.length) % 5;
  const target = round % 2 === 1 ? 255 : 0;
  const weight = [0, 0.45, 0.4, 0.7, 0.65][round] ?? 0;
  const mix = (channel: number): number => Math.round(channel + (target - channel) * weight);
  return [mix(base[0]), mix(base[1]), mix(base[2])];
}

function oklabToRgb(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toByte(linear: number): number {
  const encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(Math.min(1, Math.max(0, encoded)) * 255);
}

function normaliseLabel(label: string): string {
  return label.trim().toLowerCase().replace(/[_-]+/g, ' ');
}

function parseHex(hex: string): Rgb {
  const value = Number.parseInt(hex, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

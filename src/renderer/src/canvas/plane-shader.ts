import type { RawFrame } from '../../../shared/domain/raw-frame';

/** How a decoder's planes become colours. Each is a program of its own, since only one is ever in use for a video. */
export type PlaneVariant = Pick<RawFrame, 'format' | 'matrix' | 'fullRange'>;

/** Shares of red and blue in luma, ITU-R BT.601 and BT.709. */
const lumaShares = { bt601: { red: 0.299, blue: 0.114 }, bt709: { red: 0.2126, blue: 0.0722 } } as const;

/** For stored values of 0–1: `(y - black) * luma + chroma`, chroma being stored around 128 of 255. */
export interface PlaneCoefficients {
  readonly black: number;
  readonly luma: number;
  readonly redOfV: number;
  readonly greenOfU: number;
  readonly greenOfV: number;
  readonly blueOfU: number;
}

/** Y'CbCr to R'G'B' as in ITU-R BT.709, section 3, and BT.601; 8 bits with or without head- and footroom. */
export function planeCoefficients({ matrix, fullRange }: Omit<PlaneVariant, 'format'>): PlaneCoefficients {
  const { red, blue } = lumaShares[matrix];
  const green = 1 - red - blue;
  const chroma = fullRange ? 1 : 255 / 224;
  return {
    black: fullRange ? 0 : 16 / 255,
    luma: fullRange ? 1 : 255 / 219,
    redOfV: 2 * (1 - red) * chroma,
    greenOfU: ((-2 * blue * (1 - blue)) / green) * chroma,
    greenOfV: ((-2 * red * (1 - red)) / green) * chroma,
    blueOfU: 2 * (1 - blue) * chroma,
  };
}

/**
 * Writes one texel for each of luma, with the chroma of its square of four: the very colours that the engine is fed.
 * What comes as colours passes, without the fourth byte, which means nothing.
 */
export function planeShader(variant: PlaneVariant): string {
  const { black, luma, redOfV, greenOfU, greenOfV, blueOfU } = planeCoefficients(variant);
  const number = (value: number): string => value.toFixed(7);
  if (variant.format === 'rgba') {
    return `${header}
void main() {
  color = vec4(texelFetch(uPlane0, ivec2(gl_FragCoord.xy), 0).rgb, 1.0);
}`;
  }
  const chroma =
    variant.format === 'nv12'
      ? 'texelFetch(uPlane1, at, 0).rg'
      : 'vec2(texelFetch(uPlane1, at, 0).r, texelFetch(uPlane2, at, 0).r)';
  return `${header}
uniform sampler2D uPlane1;
${variant.format === 'nv12' ? '' : 'uniform sampler2D uPlane2;'}
void main() {
  float y = (texelFetch(uPlane0, ivec2(gl_FragCoord.xy), 0).r - ${number(black)}) * ${number(luma)};
  ivec2 at = ivec2(gl_FragCoord.xy) >> 1;
  vec2 uv = ${chroma} - ${number(128 / 255)};
  color = vec4(
    y + ${number(redOfV)} * uv.y,
    y + (${number(greenOfU)}) * uv.x + (${number(greenOfV)}) * uv.y,
    y + ${number(blueOfU)} * uv.x,
    1.0);
}`;
}

const header = `#version 300 es
precision highp float;
uniform sampler2D uPlane0;
out vec4 color;`;

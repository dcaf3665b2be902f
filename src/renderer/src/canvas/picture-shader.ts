import type { RawFrame } from '../../../shared/domain/raw-frame';
import { screenPoint } from './shaders';

/** How a decoder's planes become colours. Each is a program of its own, since only one is ever in use for a video. */
export type PlaneVariant = Pick<RawFrame, 'format' | 'matrix' | 'fullRange'>;

/** What a picture is read from: a texture of its colours, or a decoder's planes. */
export type PictureVariant = 'colors' | PlaneVariant;

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
 * `pictureAt`: the colour, times its opacity, under a point of the screen, whatever the texture's own resolution.
 * Of planes, luma is blended between its texels, and chroma is that of the square of four that a pixel belongs to: at
 * 1:1 the very colours that the engine is fed. Frames without planes have a fourth byte, which means nothing.
 */
export function pictureFunction(variant: PictureVariant): string {
  const place = `
uniform vec2 uPictureOrigin;
uniform vec2 uShownSize;`;
  if (variant === 'colors') {
    return `${place}
uniform sampler2D uPicture;
uniform float uLevel;
vec4 pictureAt(vec2 point) {
  vec4 texel = textureLod(uPicture, (point - uPictureOrigin) / uShownSize, uLevel);
  return vec4(texel.rgb * texel.a, texel.a);
}`;
  }
  if (variant.format === 'rgba') {
    return `${place}
uniform sampler2D uPlane0;
vec4 pictureAt(vec2 point) {
  return vec4(textureLod(uPlane0, (point - uPictureOrigin) / uShownSize, 0.0).rgb, 1.0);
}`;
  }
  return `${place}${planesFunction(variant)}`;
}

function planesFunction(variant: PlaneVariant): string {
  const { black, luma, redOfV, greenOfU, greenOfV, blueOfU } = planeCoefficients(variant);
  const number = (value: number): string => value.toFixed(7);
  const chroma =
    variant.format === 'nv12'
      ? 'textureLod(uPlane1, chromaAt, 0.0).rg'
      : 'vec2(textureLod(uPlane1, chromaAt, 0.0).r, textureLod(uPlane2, chromaAt, 0.0).r)';
  return `
uniform sampler2D uPlane0;
uniform sampler2D uPlane1;
${variant.format === 'nv12' ? '' : 'uniform sampler2D uPlane2;'}
uniform vec2 uChromaShare;
vec4 pictureAt(vec2 point) {
  vec2 at = (point - uPictureOrigin) / uShownSize;
  float y = (textureLod(uPlane0, at, 0.0).r - ${number(black)}) * ${number(luma)};
  vec2 chromaAt = at * uChromaShare;
  vec2 uv = ${chroma} - ${number(128 / 255)};
  vec3 rgb = vec3(
    y + ${number(redOfV)} * uv.y,
    y + (${number(greenOfU)}) * uv.x + (${number(greenOfV)}) * uv.y,
    y + ${number(blueOfU)} * uv.x);
  return vec4(clamp(rgb, 0.0, 1.0), 1.0);
}`;
}

/** The picture alone, on the screen. */
export function pictureShader(variant: PictureVariant): string {
  return `#version 300 es
precision highp float;
out vec4 color;
${screenPoint}
${pictureFunction(variant)}
void main() {
  color = pictureAt(screenPoint());
}`;
}

/** A frame's planes into a texture of its own size, row by row as they come. */
export function convertingShader(variant: PlaneVariant): string {
  return `#version 300 es
precision highp float;
out vec4 color;
${pictureFunction(variant)}
void main() {
  color = pictureAt(gl_FragCoord.xy);
}`;
}

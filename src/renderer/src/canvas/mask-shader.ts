import { pictureFunction, type PictureVariant } from './picture-shader';
import { screenPoint } from './shaders';

/** What a mask shader is made for. Each is a program of its own: software renderers execute branches not taken, too. */
export interface MaskShaderVariant {
  /** Points along each side of a screen pixel at which colours are taken. */
  readonly samples: number;
  /** Rings of neighbours to look at for an outline; 0 fills. */
  readonly rings: number;
  /** Neighbours of a ring: straight ones, or diagonal ones as well. */
  readonly directions: 4 | 8;
  readonly highlighted: boolean;
  /** A mask lies in more than one layer. */
  readonly tiled: boolean;
  /** What lies under the mask and is drawn in the same pass: the canvas is then written, and read, once. */
  readonly under: PictureVariant | null;
  /** What a second mask is for. */
  readonly second: 'none' | 'mix' | 'difference';
}

/** Uniforms and functions of one mask; the second one's names end in `2`. */
function maskFunctions(suffix: '' | '2'): string {
  return `
uniform usampler2DArray uMask${suffix};
uniform sampler2D uPalette${suffix};
uniform ivec2 uMaskSize${suffix};
uniform ivec2 uTileSize${suffix};
uniform int uTileColumns${suffix};
uniform float uScale${suffix};

int classAt${suffix}(vec2 point) {
  ivec2 pixel = clamp(ivec2(floor((point - uOrigin) / uScale${suffix})), ivec2(0), uMaskSize${suffix} - 1);
#if TILED
  ivec2 tile = pixel / uTileSize${suffix};
  ivec3 texel = ivec3(pixel - tile * uTileSize${suffix}, tile.y * uTileColumns${suffix} + tile.x);
  return int(texelFetch(uMask${suffix}, texel, 0).r);
#else
  return int(texelFetch(uMask${suffix}, ivec3(pixel, 0), 0).r);
#endif
}

vec4 entryOf${suffix}(int id) {
  return texelFetch(uPalette${suffix}, ivec2(id & 255, id >> 8), 0);
}

bool isEdgeAt${suffix}(vec2 point, int id, float d) {
  bool edge = classAt${suffix}(point + vec2(d, 0.0)) != id || classAt${suffix}(point + vec2(-d, 0.0)) != id ||
    classAt${suffix}(point + vec2(0.0, d)) != id || classAt${suffix}(point + vec2(0.0, -d)) != id;
#if DIAGONALS
  edge = edge || classAt${suffix}(point + vec2(d, d)) != id || classAt${suffix}(point + vec2(-d, d)) != id ||
    classAt${suffix}(point + vec2(d, -d)) != id || classAt${suffix}(point + vec2(-d, -d)) != id;
#endif
  return edge;
}

vec4 colorAt${suffix}(vec2 point) {
  int id = classAt${suffix}(point);
  vec4 entry = entryOf${suffix}(id);
  float strength = entry.a * uOpacity;
#if RINGS > 0
  bool edge = false;
  for (int ring = 1; ring <= RINGS; ring++) {
    // Whole pixels, so that both sides of a border are as wide, on the screen as in an exported file.
    edge = edge || isEdgeAt${suffix}(point, id, max(1.0, floor(uOutline * float(ring) / float(RINGS) + 0.5)));
  }
  strength *= edge ? 1.0 : 0.0;
#endif
#if HIGHLIGHTED
  if (id == uHighlight) {
    strength = RINGS > 0 ? uOpacity * 0.6 : max(uOpacity, 0.7);
    if (isEdgeAt${suffix}(point, id, uHighlightRim)) return vec4(1.0);
  } else {
    strength *= 0.3;
  }
#endif
  return vec4(entry.rgb, 1.0) * strength;
}`;
}

/**
 * Over a veil, so that few pixels are seen in a bright picture. A change counts as long as either class is shown. Where a
 * screen pixel covers several of the picture, one that differs is enough: averaged with the others it would be lost.
 */
const differenceFunction = `
uniform ivec2 uPair;
uniform int uIgnored;
uniform bool uBoth;
uniform float uVeil;
uniform float uStripe;

vec4 differenceAt(vec2 point, out bool differs) {
  int from = classAt(point);
  int to = classAt2(point);
  vec4 before = entryOf(from);
  vec4 after = entryOf2(to);
  bool asked = uPair.x < 0 || (from == uPair.x && to == uPair.y);
  bool drawn = from != uIgnored && to != uIgnored && max(before.a, after.a) > 0.0;
  differs = from != to && drawn && asked;
  if (!differs) return vec4(0.0, 0.0, 0.0, uVeil);
  vec2 within = point - uOrigin;
  bool firstStripe = mod(floor((within.x + within.y) / uStripe), 2.0) < 0.5;
  vec3 shown = uBoth && firstStripe ? before.rgb : after.rgb;
  return vec4(shown * uOpacity, uOpacity + (1.0 - uOpacity) * uVeil);
}`;

/** The colour of one point, and what a screen pixel makes of several. */
const gathering: Readonly<Record<'blended' | 'difference', string>> = {
  blended: `
    for (int x = 0; x < SAMPLES; x++) {
      sum += pointColor(corner + (vec2(float(x), float(y)) + 0.5) / float(SAMPLES));
    }
  }
  color = sum / float(SAMPLES * SAMPLES);`,
  difference: `
    for (int x = 0; x < SAMPLES; x++) {
      bool differs;
      vec4 found = differenceAt(corner + (vec2(float(x), float(y)) + 0.5) / float(SAMPLES), differs);
      sum += differs ? found : vec4(0.0);
      count += differs ? 1.0 : 0.0;
    }
  }
  color = count > 0.0 ? sum / count : vec4(0.0, 0.0, 0.0, uVeil);`,
};

const pointColors: Readonly<Record<MaskShaderVariant['second'], string>> = {
  none: 'return colorAt(point);',
  mix: 'return mix(colorAt(point), colorAt2(point), uShare);',
  difference: 'bool differs;\n  return differenceAt(point, differs);',
};

/**
 * Class ids to colour. Ids are fetched, never filtered; where screen and picture pixels do not meet, the *colours* of
 * several points are averaged. An outline is every point that has another class within uOutline screen pixels (8
 * directions, rings at most 2 pixels apart), so its width does not depend on the zoom; each class draws its own side.
 * See reference-raster.ts for the same in TypeScript.
 */
export function maskShader({
  samples,
  rings,
  directions,
  highlighted,
  tiled,
  under,
  second,
}: MaskShaderVariant): string {
  return `#version 300 es
#define SAMPLES ${samples}
#define RINGS ${rings}
#define DIAGONALS ${directions === 8 ? 1 : 0}
#define HIGHLIGHTED ${highlighted ? 1 : 0}
#define TILED ${tiled ? 1 : 0}
precision highp float;
precision highp int;
precision highp usampler2DArray;
uniform vec2 uOrigin;
uniform float uOpacity;
uniform float uOutline;
uniform int uHighlight;
uniform float uHighlightRim;
uniform float uShare;
out vec4 color;
${screenPoint}
${maskFunctions('')}
${second === 'none' ? '' : maskFunctions('2')}
${second === 'difference' ? differenceFunction : ''}
${under === null ? '' : pictureFunction(under)}

vec4 pointColor(vec2 point) {
  ${pointColors[second]}
}

void main() {
#if SAMPLES == 1
  color = pointColor(screenPoint());
#else
  vec2 corner = screenPoint() - 0.5;
  vec4 sum = vec4(0.0);
  float count = 0.0;
  for (int y = 0; y < SAMPLES; y++) {${gathering[second === 'difference' ? 'difference' : 'blended']}
#endif
${under === null ? '' : '  color += (1.0 - color.a) * pictureAt(screenPoint());'}
}`;
}

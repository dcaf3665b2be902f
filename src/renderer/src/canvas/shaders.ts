/**
 * GLSL ES 3.00. All fragment shaders work in screen pixels with the origin at the canvas's top left; `uCanvasHeight`
 * turns WebGL's upward y around. Areas are cut by the scissor, so that no shader has to discard.
 */

/** One triangle that covers the canvas: no buffers, three vertices. */
export const vertexShader = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const screenPoint = `
uniform float uCanvasHeight;
vec2 screenPoint() {
  return vec2(gl_FragCoord.x, uCanvasHeight - gl_FragCoord.y);
}`;

export const checkerShader = `#version 300 es
precision highp float;
uniform vec3 uEven;
uniform vec3 uOdd;
uniform float uCell;
out vec4 color;
${screenPoint}
void main() {
  vec2 cell = floor(screenPoint() / uCell);
  color = vec4(mod(cell.x + cell.y, 2.0) < 0.5 ? uEven : uOdd, 1.0);
}`;

/** The picture, whatever the texture's own resolution; level of detail from the scale, the same over the picture. */
export const pictureShader = `#version 300 es
precision highp float;
uniform sampler2D uPicture;
uniform vec2 uOrigin;
uniform vec2 uShownSize;
uniform float uLevel;
out vec4 color;
${screenPoint}
void main() {
  vec4 texel = textureLod(uPicture, (screenPoint() - uOrigin) / uShownSize, uLevel);
  color = vec4(texel.rgb * texel.a, texel.a);
}`;

/** What a mask shader is made for. Each is a program of its own: software renderers execute branches not taken, too. */
export interface MaskShaderVariant {
  /** Points along each side of a screen pixel at which colours are taken. */
  readonly samples: number;
  /** Rings of neighbours to look at for an outline; 0 fills. */
  readonly rings: number;
  /** Neighbours of a ring: straight ones, or diagonal ones as well. */
  readonly directions: 4 | 8;
  readonly highlighted: boolean;
  /** The mask lies in more than one layer. */
  readonly tiled: boolean;
}

/** A whole shader but for the definitions before it. */
const maskShaderBody = `precision highp float;
precision highp int;
precision highp usampler2DArray;
uniform usampler2DArray uMask;
uniform sampler2D uPalette;
uniform ivec2 uMaskSize;
uniform ivec2 uTileSize;
uniform int uTileColumns;
uniform vec2 uOrigin;
uniform float uScale;
uniform float uOpacity;
uniform float uOutline;
uniform int uHighlight;
uniform float uHighlightRim;
out vec4 color;
${screenPoint}

int classAt(vec2 point) {
  ivec2 pixel = clamp(ivec2(floor((point - uOrigin) / uScale)), ivec2(0), uMaskSize - 1);
#if TILED
  ivec2 tile = pixel / uTileSize;
  return int(texelFetch(uMask, ivec3(pixel - tile * uTileSize, tile.y * uTileColumns + tile.x), 0).r);
#else
  return int(texelFetch(uMask, ivec3(pixel, 0), 0).r);
#endif
}

bool isEdgeAt(vec2 point, int id, float d) {
  bool edge = classAt(point + vec2(d, 0.0)) != id || classAt(point + vec2(-d, 0.0)) != id ||
    classAt(point + vec2(0.0, d)) != id || classAt(point + vec2(0.0, -d)) != id;
#if DIAGONALS
  edge = edge || classAt(point + vec2(d, d)) != id || classAt(point + vec2(-d, d)) != id ||
    classAt(point + vec2(d, -d)) != id || classAt(point + vec2(-d, -d)) != id;
#endif
  return edge;
}

vec4 colorAt(vec2 point) {
  int id = classAt(point);
  vec4 entry = texelFetch(uPalette, ivec2(id & 255, id >> 8), 0);
  float strength = entry.a * uOpacity;
#if RINGS > 0
  bool edge = false;
  for (int ring = 1; ring <= RINGS; ring++) {
    // Whole pixels, so that both sides of a border are as wide, on the screen as in an exported file.
    edge = edge || isEdgeAt(point, id, max(1.0, floor(uOutline * float(ring) / float(RINGS) + 0.5)));
  }
  strength *= edge ? 1.0 : 0.0;
#endif
#if HIGHLIGHTED
  if (id == uHighlight) {
    strength = RINGS > 0 ? uOpacity * 0.6 : max(uOpacity, 0.7);
    if (isEdgeAt(point, id, uHighlightRim)) return vec4(1.0);
  } else {
    strength *= 0.3;
  }
#endif
  return vec4(entry.rgb, 1.0) * strength;
}

void main() {
#if SAMPLES == 1
  color = colorAt(screenPoint());
#else
  vec2 corner = screenPoint() - 0.5;
  vec4 sum = vec4(0.0);
  for (int y = 0; y < SAMPLES; y++) {
    for (int x = 0; x < SAMPLES; x++) {
      sum += colorAt(corner + (vec2(float(x), float(y)) + 0.5) / float(SAMPLES));
    }
  }
  color = sum / float(SAMPLES * SAMPLES);
#endif
}`;

/**
 * Class ids to colour. Ids are fetched, never filtered; where screen and picture pixels do not meet, the *colours* of
 * several points are averaged. An outline is every point that has another class within uOutline screen pixels (8
 * directions, rings at most 2 pixels apart), so its width does not depend on the zoom; each class draws its own side.
 * See reference-raster.ts for the same in TypeScript.
 */
export function maskShader({ samples, rings, directions, highlighted, tiled }: MaskShaderVariant): string {
  return `#version 300 es
#define SAMPLES ${samples}
#define RINGS ${rings}
#define DIAGONALS ${directions === 8 ? 1 : 0}
#define HIGHLIGHTED ${highlighted ? 1 : 0}
#define TILED ${tiled ? 1 : 0}
${maskShaderBody}`;
}

/** The first screen pixel of each picture pixel's row and column. */
export const gridShader = `#version 300 es
precision highp float;
uniform vec2 uOrigin;
uniform float uScale;
uniform float uStrength;
out vec4 color;
${screenPoint}
void main() {
  vec2 within = mod(screenPoint() - uOrigin, uScale);
  float line = min(within.x, within.y) < 1.0 ? uStrength : 0.0;
  color = vec4(vec3(0.5) * line, line);
}`;

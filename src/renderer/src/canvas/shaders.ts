/**
 * GLSL ES 3.00. All fragment shaders work in screen pixels with the origin at the canvas's top left; `uCanvasHeight`
 * turns WebGL's upward y around. Areas are cut by the scissor, so that no shader has to discard.
 */

/** Corners of the polygon that stands for a disc: so many that at a lens's size they are not seen. */
export const DISC_CORNERS = 96;

/**
 * One triangle that covers the canvas (three vertices), or a disc (a fan of DISC_CORNERS): no buffers. `uDisc` is the
 * disc's centre and radii in clip space; without radius there is none.
 */
export const vertexShader = `#version 300 es
uniform vec4 uDisc;
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  float angle = float(gl_VertexID) * (6.28318530718 / ${DISC_CORNERS}.0);
  vec2 rim = uDisc.xy + uDisc.zw * vec2(cos(angle), sin(angle));
  gl_Position = vec4(uDisc.z > 0.0 ? rim : corner, 0.0, 1.0);
}`;

export const screenPoint = `
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

import { GlProgram } from './gl-program';
import { maskShader, type MaskShaderVariant } from './mask-shader';
import type { MaskTexture } from './mask-texture';
import type { Pen } from './pen';
import type { PictureTexture } from './picture-texture';
import { HIGHLIGHT_RIM, outlineRings, samplesPerSide, type Difference, type Pane, type Scene } from './scene';
import { vertexShader } from './shaders';
import type { Rect } from './viewport';

/** A mask on the graphics card, with its colours. */
export interface LayerTextures {
  readonly mask: MaskTexture;
  readonly palette: WebGLTexture;
}

/** What is drawn at once. */
export interface MaskPass {
  readonly first: LayerTextures;
  readonly second: LayerTextures | undefined;
  readonly under: PictureTexture | null;
  /** Where the picture lies on the screen. */
  readonly shown: Rect;
}

/** Draws one mask, or two together, over what is there. Keeps a program for each variant that was needed. */
export class MaskPainter {
  readonly #gl: WebGL2RenderingContext;
  readonly #pen: Pen;
  readonly #programs = new Map<string, GlProgram>();

  constructor(gl: WebGL2RenderingContext, pen: Pen) {
    this.#gl = gl;
    this.#pen = pen;
  }

  /** Over `under`, where there is a picture. Without its texture a second mask is left out. */
  paint(scene: Scene, pane: Pane, { first, second, under, shown }: MaskPass): void {
    const { look } = pane;
    const with2 = second === undefined ? undefined : pane.second;
    const program = this.#program({
      samples: samplesPerSide(scene.viewport.scale, scene.quality),
      rings: with2?.kind === 'difference' ? 0 : outlineRings(look),
      directions: scene.quality === 'full' ? 8 : 4,
      highlighted: look.highlight !== null && with2?.kind !== 'difference',
      tiled: [first, second].some((layer) => layer !== undefined && layer.mask.grid.columns * layer.mask.grid.rows > 1),
      under: under?.variant ?? null,
      second: with2?.kind ?? 'none',
    });
    this.#pen.begin(program);
    this.#bind(program, scene, first, '', 0);
    if (second !== undefined && with2 !== undefined) this.#bind(program, scene, second, '2', 2);
    under?.bind(program, shown);
    program.floats('uOrigin', shown.x, shown.y);
    program.float('uOpacity', look.opacity);
    program.float('uOutline', look.outlineWidth);
    program.int('uHighlight', look.highlight ?? -1);
    program.float('uHighlightRim', HIGHLIGHT_RIM);
    if (with2?.kind === 'mix') program.float('uShare', with2.share);
    if (with2?.kind === 'difference') setDifference(program, with2);
    this.#pen.fill();
  }

  dispose(): void {
    for (const program of this.#programs.values()) program.dispose();
    this.#programs.clear();
  }

  #bind(program: GlProgram, scene: Scene, { mask, palette }: LayerTextures, suffix: '' | '2', unit: number): void {
    const gl = this.#gl;
    const { grid, size } = mask;
    mask.bind(unit);
    program.int(`uMask${suffix}`, unit);
    gl.activeTexture(gl.TEXTURE0 + unit + 1);
    gl.bindTexture(gl.TEXTURE_2D, palette);
    program.int(`uPalette${suffix}`, unit + 1);
    program.ints(`uMaskSize${suffix}`, size.width, size.height);
    program.ints(`uTileSize${suffix}`, grid.tile.width, grid.tile.height);
    program.int(`uTileColumns${suffix}`, grid.columns);
    // A mask of another size than the picture is stretched over it.
    program.float(`uScale${suffix}`, (scene.viewport.scale * scene.picture.width) / size.width);
  }

  #program(variant: MaskShaderVariant): GlProgram {
    const key = JSON.stringify(variant);
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = new GlProgram(this.#gl, vertexShader, maskShader(variant));
      this.#programs.set(key, program);
    }
    return program;
  }
}

function setDifference(program: GlProgram, { pair, ignored, paint, veil, stripe }: Difference): void {
  program.ints('uPair', pair?.from ?? -1, pair?.to ?? -1);
  program.int('uIgnored', ignored ?? -1);
  program.int('uBoth', paint === 'both' ? 1 : 0);
  program.float('uVeil', veil);
  program.float('uStripe', stripe);
}

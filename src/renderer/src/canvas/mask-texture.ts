import type { Mask } from '../../../shared/domain/mask';
import { maskIds } from '../../../shared/mask-ids';
import type { Size } from './viewport';

/** How a mask is cut into the layers of an array texture: `columns` x `rows` tiles of one size, row-major. */
export interface TileGrid {
  readonly tile: Size;
  readonly columns: number;
  readonly rows: number;
}

/** The fewest tiles, about equal, none wider or higher than `limit`. */
export function tileGrid(size: Size, limit: number): TileGrid {
  const columns = Math.ceil(size.width / limit);
  const rows = Math.ceil(size.height / limit);
  const tile = { width: Math.ceil(size.width / columns), height: Math.ceil(size.height / rows) };
  return { tile, columns, rows };
}

/**
 * Class ids on the graphics card: an array texture of one byte or two bytes for each pixel, one layer unless the mask is
 * larger than the card's largest texture. Storage is kept while size and type stay the same (frames of a video).
 */
export class MaskTexture {
  readonly #gl: WebGL2RenderingContext;
  readonly #limit: number;
  #texture: WebGLTexture | null = null;
  #stored = '';
  #grid: TileGrid = { tile: { width: 1, height: 1 }, columns: 1, rows: 1 };
  #size: Size = { width: 1, height: 1 };

  /** `limit` bounds a tile's sides: what the card can hold, or less. */
  constructor(gl: WebGL2RenderingContext, limit: number) {
    this.#gl = gl;
    this.#limit = limit;
  }

  get grid(): TileGrid {
    return this.#grid;
  }

  get size(): Size {
    return this.#size;
  }

  upload(mask: Mask): void {
    const gl = this.#gl;
    this.#allocate(mask);
    const ids = maskIds(mask);
    const type = mask.bytesPerId === 1 ? gl.UNSIGNED_BYTE : gl.UNSIGNED_SHORT;
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.#texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, mask.width);
    const { tile, columns, rows } = this.#grid;
    for (let layer = 0; layer < columns * rows; layer++) {
      const x = (layer % columns) * tile.width;
      const y = Math.floor(layer / columns) * tile.height;
      const width = Math.min(tile.width, mask.width - x);
      const height = Math.min(tile.height, mask.height - y);
      // By offset, because skipped rows would have to fit into the height of one layer.
      const offset = y * mask.width + x;
      gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, width, height, 1, gl.RED_INTEGER, type, ids, offset);
    }
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
  }

  bind(unit: number): void {
    this.#gl.activeTexture(this.#gl.TEXTURE0 + unit);
    this.#gl.bindTexture(this.#gl.TEXTURE_2D_ARRAY, this.#texture);
  }

  dispose(): void {
    this.#gl.deleteTexture(this.#texture);
    this.#texture = null;
    this.#stored = '';
  }

  #allocate(mask: Mask): void {
    const key = `${mask.width}x${mask.height}x${mask.bytesPerId}`;
    if (this.#stored === key) return;
    this.dispose();
    const gl = this.#gl;
    this.#grid = tileGrid(mask, this.#limit);
    this.#size = { width: mask.width, height: mask.height };
    const { tile, columns, rows } = this.#grid;
    this.#texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.#texture);
    const format = mask.bytesPerId === 1 ? gl.R8UI : gl.R16UI;
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, format, tile.width, tile.height, columns * rows);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.#stored = key;
  }
}

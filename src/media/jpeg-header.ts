/** A component of a picture: 0 is luma, then the two of chroma. */
export interface JpegComponent {
  /** Samples, of the component with most, 1 or 2. */
  readonly across: number;
  readonly down: number;
  /** In the order of the file (zigzag). */
  readonly quanta: Uint8Array;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

export interface HuffmanTable {
  /** Codes of each length, 1 to 16 bits. */
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
  /** Blocks between restarts; 0 for none. */
  readonly restart: number;
  /** Where the compressed data begin. */
  readonly dataAt: number;
}

/** Narrower ones are widened by another rule. */
const LEAST_SIDE = 16;

interface FrameComponent {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  readonly table: number;
}

interface Tables {
  readonly quanta: Map<number, Uint8Array>;
  readonly huffman: Map<number, HuffmanTable>;
  frame: { readonly width: number; readonly height: number; readonly components: FrameComponent[] } | null;
  restart: number;
}

/**
 * The header of a JPEG of the most usual kind: baseline, three components of YCbCr in one scan, chroma as large as luma, of half
 * its width, or of half in both directions, and nothing in it that says how to turn it or what its colours are. Null for
 * all others, broken ones among them: those are the image library's.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  const tables: Tables = { quanta: new Map(), huffman: new Map(), frame: null, restart: 0 };
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    const end = at + 2 + word(bytes, at + 2);
    if (end > bytes.length) return null;
    const content = bytes.subarray(at + 4, end);
    if (marker === 0xda) return scanHeader(content, tables, end);
    if (!takeSegment(marker, content, tables)) return null;
    at = end;
  }
  return null;
}

function takeSegment(marker: number, content: Uint8Array, tables: Tables): boolean {
  switch (marker) {
    case 0xc0:
      return tables.frame === null && takeFrame(content, tables);
    case 0xc4:
      return takeHuffman(content, tables);
    case 0xdb:
      return takeQuanta(content, tables);
    case 0xdd:
      tables.restart = word(content, 0);
      return content.length === 2;
    case 0xe0:
      return text(content, 4) === 'JFIF';
    case 0xfe:
      return true;
    default:
      // Of what others say of a picture (profiles, orientation, other ways to store colours) the library knows more.
      return false;
  }
}

function takeFrame(content: Uint8Array, tables: Tables): boolean {
  const [height, width] = [word(content, 1), word(content, 3)];
  if (content[0] !== 8 || content[5] !== 3 || content.length !== 15) return false;
  if (width < LEAST_SIDE || height < LEAST_SIDE) return false;
  const components = [0, 1, 2].map((index): FrameComponent => {
    const [id = 0, factors = 0, table = 0] = content.subarray(6 + index * 3, 9 + index * 3);
    return { id, across: factors >> 4, down: factors & 15, table };
  });
  const [luma, ...chroma] = components;
  const kind = `${luma?.across ?? 0}x${luma?.down ?? 0}`;
  const isKnown = ['1x1', '2x1', '2x2'].includes(kind) && chroma.every((each) => each.across === 1 && each.down === 1);
  tables.frame = { width, height, components };
  return isKnown && components.every(({ id }, index) => id === index + 1);
}

function takeQuanta(content: Uint8Array, { quanta }: Tables): boolean {
  for (let at = 0; at < content.length; at += 65) {
    const id = content[at] ?? 0;
    // Above 3: of 16 bits.
    if (id > 3 || at + 65 > content.length) return false;
    quanta.set(id, content.subarray(at + 1, at + 65));
  }
  return true;
}

function takeHuffman(content: Uint8Array, { huffman }: Tables): boolean {
  let at = 0;
  while (at < content.length) {
    const id = content[at] ?? 0;
    const counts = content.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = content.subarray(at + 17, at + 17 + total);
    if (counts.length < 16 || symbols.length < total || total > 256 || !hasRoom(counts)) return false;
    // Of a DC value it is its number of bits.
    if (id < 16 && symbols.some((symbol) => symbol > 15)) return false;
    huffman.set(id, { counts, symbols });
    at += 17 + total;
  }
  return true;
}

/** Whether there are as many codes of each length as are asked for; that of ones alone is none. */
function hasRoom(counts: Uint8Array): boolean {
  let code = 0;
  return counts.every((count, index) => {
    code = (code << 1) + count;
    return code < 1 << (index + 1);
  });
}

function scanHeader(
  content: Uint8Array,
  { frame, quanta, huffman, restart }: Tables,
  dataAt: number,
): JpegHeader | null {
  if (frame === null || content.length !== 10 || content[0] !== 3) return null;
  if (content[7] !== 0 || content[8] !== 63 || content[9] !== 0) return null;
  const components: JpegComponent[] = [];
  for (const [index, { id, across, down, table }] of frame.components.entries()) {
    const ids = content[2 + index * 2] ?? 0;
    const own = { quanta: quanta.get(table), dc: huffman.get(ids >> 4), ac: huffman.get(16 + (ids & 15)) };
    if (content[1 + index * 2] !== id) return null;
    if (own.quanta === undefined || own.dc === undefined || own.ac === undefined) return null;
    components.push({ across, down, quanta: own.quanta, dc: own.dc, ac: own.ac });
  }
  return { width: frame.width, height: frame.height, components, restart, dataAt };
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function text(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

/** What the first bytes of a file say it is, whatever it is called. */
export interface ContentKind {
  /** Short name as in `PictureInfo.format`. */
  readonly format: string;
  /** Completes the sentence "x.png is …". */
  readonly description: string;
  readonly use: 'image' | 'video' | 'model' | 'none';
}

/** Bytes that {@link sniffContent} looks at. */
export const SNIFF_LENGTH = 4096;

const image = (format: string, description: string): ContentKind => ({ format, description, use: 'image' });
const other = (format: string, description: string): ContentKind => ({ format, description, use: 'none' });
const video = (format: string, description: string): ContentKind => ({ format, description, use: 'video' });

/** [bytes in hexadecimal, offset, kind]; the first that fits counts. */
const signatures: readonly (readonly [string, number, ContentKind])[] = [
  ['ffd8ff', 0, image('jpeg', 'a JPEG picture')],
  ['89504e470d0a1a0a', 0, image('png', 'a PNG picture')],
  ['474946383761', 0, image('gif', 'a GIF picture')],
  ['474946383961', 0, image('gif', 'a GIF picture')],
  ['49492a00', 0, image('tiff', 'a TIFF picture')],
  ['4d4d002a', 0, image('tiff', 'a TIFF picture')],
  ['49492b00', 0, image('tiff', 'a BigTIFF picture')],
  ['4d4d002b', 0, image('tiff', 'a BigTIFF picture')],
  ['424d', 0, image('bmp', 'a Windows bitmap')],
  ['25504446', 0, other('pdf', 'a PDF document')],
  ['504b0304', 0, other('zip', 'a ZIP archive (or an Office document)')],
  ['1f8b', 0, other('gzip', 'a gzip archive')],
  ['377abcaf271c', 0, other('7z', 'a 7-Zip archive')],
  ['526172211a07', 0, other('rar', 'a RAR archive')],
  ['38425053', 0, other('psd', 'a Photoshop document')],
  ['0000000c6a502020', 0, other('jp2', 'a JPEG 2000 picture')],
  ['ff4fff51', 0, other('jp2', 'a JPEG 2000 picture')],
  ['ff0a', 0, other('jxl', 'a JPEG XL picture')],
  ['0000000c4a584c20', 0, other('jxl', 'a JPEG XL picture')],
  ['00000100', 0, other('ico', 'a Windows icon')],
  ['762f3101', 0, other('exr', 'an OpenEXR picture')],
  ['53445058', 0, other('dpx', 'a DPX picture')],
  ['1a45dfa3', 0, video('webm', 'a WebM or Matroska video')],
  ['000001ba', 0, video('mpeg', 'an MPEG video')],
  ['4f676753', 0, video('ogg', 'an Ogg video or sound')],
  ['7f454c46', 0, other('elf', 'a program')],
  ['4d5a', 0, other('exe', 'a Windows program')],
  ['494433', 0, other('mp3', 'a sound file')],
  ['53514c69746520666f726d6174', 0, other('sqlite', 'an SQLite database')],
  ['89484446', 0, other('hdf5', 'an HDF5 file')],
  ['934e554d5059', 0, other('npy', 'a NumPy array')],
];

const isoBrands: Readonly<Record<string, ContentKind>> = {
  avif: image('avif', 'an AVIF picture'),
  avis: image('avif', 'an animated AVIF picture'),
  heic: other('heic', 'a HEIC photo'),
  heix: other('heic', 'a HEIC photo'),
  hevc: other('heic', 'a HEIC photo'),
  mif1: other('heic', 'a HEIF photo'),
  msf1: other('heic', 'a HEIF photo'),
  crx: other('cr3', 'a Canon raw photo'),
};

export function sniffContent(bytes: Uint8Array): ContentKind {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString('hex');
  const ascii = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('latin1');
  if (ascii(4, 8) === 'ftyp') return isoBrands[ascii(8, 12).trim()] ?? video('mp4', 'an MP4 or QuickTime video');
  if (ascii(0, 4) === 'RIFF') {
    if (ascii(8, 12) === 'WEBP') return image('webp', 'a WebP picture');
    return ascii(8, 12) === 'AVI ' ? video('avi', 'an AVI video') : other('riff', 'a sound file');
  }
  for (const [signature, offset, kind] of signatures) {
    if (hex.startsWith(signature, offset * 2)) return kind;
  }
  return sniffText(bytes) ?? other('unknown', 'not a picture of any known kind');
}

function sniffText(bytes: Uint8Array): ContentKind | null {
  const head = Buffer.from(bytes.subarray(0, SNIFF_LENGTH))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i.test(head)) {
    return other('svg', 'an SVG drawing');
  }
  if (/^<(!doctype html|html|head|body)[\s>]/i.test(head)) return other('html', 'a web page');
  // ir_version first, producer or opset soon after: how every exporter begins an ONNX file.
  if (bytes[0] === 0x08 && (bytes[1] ?? 0) < 32 && [0x12, 0x3a, 0x42].includes(bytes[2] ?? 0)) {
    return { format: 'onnx', description: 'an ONNX model', use: 'model' };
  }
  if (/^version https:\/\/git-lfs/.test(head)) return other('lfs', 'a Git LFS pointer, not the file itself');
  if (/^[[{]/.test(head)) return other('json', 'a JSON file');
  if (head.length > 0 && !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(head.slice(0, 512)))
    return other('text', 'a text file');
  return null;
}

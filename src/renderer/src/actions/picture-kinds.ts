/** What a file is, judged by its name only: the studio looks at the content, this only decides where it is sent. */
export type FileKind = 'picture' | 'model' | 'model-part' | 'video' | 'other';

const extensions: Readonly<Record<Exclude<FileKind, 'other'>, readonly string[]>> = {
  picture: ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif', 'heic', 'heif', 'bmp', 'jp2', 'jxl', 'svg'],
  model: ['onnx'],
  'model-part': ['json', 'data', 'bin', 'onnx_data'],
  video: ['mp4', 'mov', 'mkv', 'webm', 'avi', 'm4v'],
};

export function kindOfFile(name: string): FileKind {
  const extension = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : '';
  for (const kind of ['picture', 'model', 'model-part', 'video'] as const) {
    if (extensions[kind].includes(extension)) return kind;
  }
  return 'other';
}

/** A drag shows media types but no names until it is dropped. `other` then means: not known yet. */
export function kindOfMediaType(type: string): FileKind {
  if (type.startsWith('image/')) return 'picture';
  if (type.startsWith('video/')) return 'video';
  if (type === 'application/json') return 'model-part';
  return 'other';
}

export function baseName(path: string): string {
  const parts = path.split(/[\\/]/);
  return parts[parts.length - 1] ?? path;
}

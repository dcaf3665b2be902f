import { kindOfMediaType } from '../actions/picture-kinds';

/** What can be told of a drag before the drop: media types, no names. Folders and ONNX files have no type: unknown. */
export interface DragContent {
  readonly pictures: number;
  readonly videos: number;
  readonly unknown: number;
  readonly others: number;
  /** Nothing of it could be taken. */
  readonly refused: boolean;
}

interface DragItem {
  readonly kind: string;
  readonly type: string;
}

/** Null for drags that are no files and that the window itself started, such as selected text. */
export function contentOf(transfer: {
  readonly items: ArrayLike<DragItem>;
  readonly types: readonly string[];
}): DragContent | null {
  const files = Array.from(transfer.items).filter((item) => item.kind === 'file');
  if (files.length === 0) {
    // Some hosts hide the items until the drop and only say that there are files.
    if (transfer.types.includes('Files')) return { pictures: 0, videos: 0, unknown: 1, others: 0, refused: false };
    return transfer.types.length === 0 ? null : { pictures: 0, videos: 0, unknown: 0, others: 1, refused: true };
  }
  let pictures = 0;
  let videos = 0;
  let unknown = 0;
  let others = 0;
  for (const file of files) {
    const kind = kindOfMediaType(file.type);
    if (kind === 'picture') pictures += 1;
    else if (kind === 'video') videos += 1;
    else if (file.type === '' || file.type === 'application/octet-stream' || kind === 'model-part') unknown += 1;
    else others += 1;
  }
  return { pictures, videos, unknown, others, refused: pictures + videos + unknown === 0 };
}

import { useEffect, useState } from 'react';
import { requestThumbnail, thumbnailNow } from './thumbnail-loader';

/** `undefined` while loading, null when the picture cannot be read, else an address for an image element. */
export function useThumbnail(pictureId: string): string | null | undefined {
  const [loaded, setLoaded] = useState<{ id: string; address: string | null } | null>(null);
  const known = thumbnailNow(pictureId);
  const missing = known === null;
  useEffect(() => {
    if (!missing) return;
    return requestThumbnail(pictureId, (address) => setLoaded({ id: pictureId, address }));
  }, [pictureId, missing]);
  if (known !== null) return known;
  return loaded?.id === pictureId ? loaded.address : undefined;
}

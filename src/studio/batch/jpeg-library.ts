import type { JpegDecoder } from '../../media/jpeg-decoder';
import { findAddon, loadAddon } from '../../runtimes/tensorrt/load-addon';

/** Where a library of this machine's that decodes JPEGs is found; plain data, so that it can be told to threads. */
export interface JpegLibrary {
  /** The native addon, which opens it. */
  readonly addon: string;
  /** The library's file, and no other; empty: the one that the system knows. */
  readonly file: string;
}

export interface OpenJpegLibrary extends JpegDecoder {
  /** The library's file. */
  readonly library: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Null without the native addon. MASKFORGE_TURBOJPEG names the library's file, or with `off` none at all. */
export function findJpegLibrary(env: Variables = process.env): JpegLibrary | null {
  const file = env['MASKFORGE_TURBOJPEG'] ?? '';
  const addon = file === 'off' ? null : findAddon(env);
  return addon === null ? null : { addon, file };
}

/** A decoder for this thread; null where there is no library, or an addon that cannot be loaded or knows of none. */
export function openJpegLibrary({ addon, file }: JpegLibrary): OpenJpegLibrary | null {
  try {
    return loadAddon({ MASKFORGE_ADDON: addon }, []).openJpegDecoder?.(file) ?? null;
  } catch {
    return null;
  }
}

import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type sharp from 'sharp';

export type Sharp = typeof sharp;

let loaded: Sharp | null = null;

/**
 * The image library, loaded on first use.
 *
 * On Linux its native build shares symbols with the glib that Electron brings along: it warns, then leaks with every
 * picture. Its WebAssembly build decodes the same formats there without that, at about a third of the speed.
 * `MASKFORGE_SHARP=wasm|native` overrules the choice.
 */
export function loadSharp(): Sharp {
  if (loaded !== null) return loaded;
  const require = createRequire(import.meta.url);
  if (usesWasm()) putWasmInPlaceOfNative(require);
  const library = require('sharp') as Sharp;
  // Pictures are kept by whoever wants them kept; a second cache would only make memory grow.
  library.cache(false);
  loaded = library;
  return library;
}

/** Threads know nothing of Electron: who starts some has to ask this beforehand. */
export function usesWasm(): boolean {
  const wish = process.env['MASKFORGE_SHARP'];
  if (wish === 'wasm') return true;
  if (wish === 'native') return false;
  return process.platform === 'linux' && process.versions['electron'] !== undefined;
}

/** Bytes from the library that may lie about uncollected. */
const UNCOLLECTED_BYTES = 64 * 1024 * 1024;
let uncollected = 0;
let collect: (() => void) | null = null;

/**
 * To be called with the bytes of every result. Those of the WebAssembly build lie in its own memory, which V8 knows
 * nothing of and so sees no need to free: a heap of 6 MB kept 600 MB of decoded pictures. They are freed when so many
 * bytes of them have come together.
 */
export function delivered<T extends Uint8Array>(bytes: T): T {
  if (typeof SharedArrayBuffer === 'undefined' || !(bytes.buffer instanceof SharedArrayBuffer)) return bytes;
  uncollected += bytes.byteLength;
  if (uncollected >= UNCOLLECTED_BYTES) {
    uncollected = 0;
    collect ??= exposedCollector();
    // Not now: what was just delivered is still held by the library.
    setImmediate(collect);
  }
  return bytes;
}

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** The library asks for its platform's package by name and falls back to WebAssembly; it is given the fallback at once. */
function putWasmInPlaceOfNative(require: NodeJS.Require): void {
  const fromSharp = createRequire(require.resolve('sharp'));
  for (const platform of [`linux-${process.arch}`, `linuxmusl-${process.arch}`]) {
    let native: string;
    try {
      native = fromSharp.resolve(`@img/sharp-${platform}/sharp.node`);
    } catch {
      continue;
    }
    const wasm = fromSharp.resolve('@img/sharp-wasm32/sharp.node');
    fromSharp(wasm);
    const stand = fromSharp.cache[wasm];
    if (stand !== undefined) fromSharp.cache[native] = stand;
  }
}

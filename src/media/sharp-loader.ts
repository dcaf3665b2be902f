import { createRequire } from 'node:module';
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
  if (wantsWasm()) putWasmInPlaceOfNative(require);
  const library = require('sharp') as Sharp;
  // Pictures are kept by whoever wants them kept; a second cache would only make memory grow.
  library.cache(false);
  loaded = library;
  return library;
}

function wantsWasm(): boolean {
  const wish = process.env['MASKFORGE_SHARP'];
  if (wish === 'wasm') return true;
  if (wish === 'native') return false;
  return process.platform === 'linux' && process.versions['electron'] !== undefined;
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

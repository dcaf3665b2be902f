import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { resolve } from 'node:path';

// Built for Electron 22 (see ELECTRON_MAJOR_VER in scripts/lib/build.mjs), so that one build runs there and in the
// current Electron. The engine host and the terminal are built beside it by esbuild: they must run in plain Node too.
export default defineConfig({
  main: {
    build: {
      externalizeDeps: false,
      rollupOptions: { input: resolve('src/main/index.ts'), external: ['electron'] },
    },
  },
  preload: {
    // A sandboxed preload can load nothing but Electron itself, so everything goes into its one file.
    build: {
      externalizeDeps: false,
      rollupOptions: { input: resolve('src/preload/index.ts'), external: ['electron'] },
    },
  },
  renderer: {
    root: 'src/renderer',
    base: './',
    plugins: [react()],
    build: {
      outDir: resolve('out/renderer'),
      target: 'chrome108',
      // The content security policy allows neither inline scripts nor data: fonts.
      assetsInlineLimit: 0,
      minify: true,
      modulePreload: { polyfill: false },
      rollupOptions: { input: resolve('src/renderer/index.html') },
    },
  },
});

import { describe, expect, it } from 'vitest';
import { forbidden, importsOf, violations } from './layers.mjs';

describe('importsOf', () => {
  it.each([
    ["import { a } from './a';", ['./a']],
    ["import type { A } from './a';", ['./a']],
    ["import './a.css';", ['./a.css']],
    ["export { a } from './a';", ['./a']],
    ["import {\n  a,\n  b,\n} from '../b';", ['../b']],
    ["import * as electron from 'electron'", ['electron']],
    ["const a = await import('./a');", ['./a']],
    ["const a = require('./a');", ['./a']],
    ["// import { a } from './a';", []],
    ["/** import { a } from './a'; */", []],
    ["export const text = 'from';\nimport { b } from './b';", ['./b']],
    ["const url = 'http://x'; // see import\nimport { b } from './b';", ['./b']],
  ])('%j', (text, specifiers) => {
    expect(importsOf(text).map(({ specifier }) => specifier)).toEqual(specifiers);
  });

  it('says the line', () => {
    expect(importsOf("// one\n\nimport {\n  a,\n} from './a';")).toEqual([{ specifier: './a', line: 5 }]);
  });
});

describe('forbidden', () => {
  it.each([
    ['shared/rpc.ts', './contract'],
    ['shared/rpc.ts', 'zod'],
    ['studio/studio.ts', '../media/decode'],
    ['studio/host/host.ts', '../studio-api'],
    ['runtimes/onnxruntime/session.ts', '../../onnx/read'],
    ['runtimes/onnxruntime/session.ts', 'onnxruntime-node'],
    ['cli/index.ts', '../studio/studio'],
    ['cli/serve.ts', '../server/serve'],
    ['main/index.ts', 'electron'],
    ['main/index.ts', '../studio/host/supervisor'],
    ['renderer/src/main.tsx', 'react'],
    ['renderer/src/main.tsx', '../../shared/rpc'],
    ['studio/studio.ts', 'node:fs'],
    ['media/decode.ts', 'sharp'],
    ['shared/rpc.test.ts', 'node:fs'],
  ])('%s may import %s', (file, specifier) => {
    expect(forbidden(file, specifier)).toBeUndefined();
  });

  it.each([
    ['shared/rpc.ts', '../studio/studio'],
    ['shared/rpc.ts', 'node:fs'],
    ['shared/rpc.ts', 'fs'],
    ['shared/rpc.ts', 'ws'],
    ['media/decode.ts', '../runtimes/runtime'],
    ['media/decode.ts', '../onnx/read'],
    ['onnx/read.ts', '../runtimes/runtime'],
    ['quantization/ranges.ts', '../media/decode'],
    ['runtimes/runtime.ts', '../studio/studio-api'],
    ['runtimes/runtime.ts', '../media/decode'],
    ['studio/studio.ts', '../main/index'],
    ['studio/studio.ts', '../server/serve'],
    ['studio/studio.ts', 'electron'],
    ['studio/studio.ts', 'ws'],
    ['studio/deep/down/studio.ts', '../../../renderer/src/app'],
    ['renderer/src/app.tsx', '../../studio/studio-api'],
    ['renderer/src/app.tsx', 'node:path'],
    ['renderer/src/app.tsx', 'electron'],
    ['preload/index.ts', '../main/index'],
    ['preload/index.ts', 'node:path'],
    ['server/serve.ts', '../cli/index'],
    ['server/serve.ts', '../media/decode'],
    ['server/serve.ts', 'electron'],
    ['main/index.ts', '../media/decode'],
    ['main/index.ts', '../renderer/src/app'],
    ['cli/index.ts', 'react'],
    ['elsewhere/a.ts', './b'],
    ['studio/studio.ts', '../../scripts/start.mjs'],
  ])('%s may not import %s', (file, specifier) => {
    expect(forbidden(file, specifier)).toEqual(expect.any(String));
  });

  it('holds in tests as well where it is about our own folders', () => {
    expect(forbidden('media/decode.test.ts', '../runtimes/runtime')).toBeDefined();
  });
});

it('names file, line and reason', () => {
  const text = "import { z } from 'zod';\nimport { app } from 'electron';";
  expect(violations('studio/studio.ts', text)).toEqual([
    'src/studio/studio.ts:2 imports electron: electron is for main and preload only',
  ]);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AppError } from '../shared/app-error';
import { describeIo } from './describe-io';
import { inferShapes } from './infer-shapes';
import { countMacs } from './macs';
import { modelFromBytes } from './model';
import { modelToBytes } from './model-write';
import { foldDecodeHead } from './passes/fold-decode-head';
import { fuseLayerNorm } from './passes/fuse-layernorm';
import { shapeReshape } from './passes/shape-reshape';

const MODELS = join(__dirname, '../../tools/fixtures/models');
const read = (file: string): Uint8Array => new Uint8Array(readFileSync(join(MODELS, file)));

/** Small models that together have every kind of part: subgraphs, functions, quantisation, external data, long names. */
const SEEDS: readonly (readonly [file: string, mutations: number])[] = [
  ['odd/tiny-unet.onnx', 3000],
  ['odd/subgraph.onnx', 2200],
  ['odd/local-function.onnx', 1500],
  ['odd/int8-qdq.onnx', 1500],
  ['odd/external.onnx', 1000],
  ['odd/uint8-nhwc-class-ids.onnx', 700],
  ['small/original-dynamo18-256-half.onnx', 100],
];

/** A fixed sequence, so that a failure can be found again. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function mutate(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  const kind = next(6);
  const at = next(bytes.length);
  if (kind === 0) return bytes.slice(0, at);
  if (kind === 1) return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + next(8)));
  if (kind === 2) {
    const inserted = Uint8Array.from({ length: 1 + next(12) }, () => next(256));
    return joined(bytes.subarray(0, at), inserted, bytes.subarray(at));
  }
  const result = bytes.slice();
  for (let count = 1 + next(kind === 3 ? 1 : 6); count > 0; count -= 1) {
    const position = next(bytes.length);
    // Set bits, huge lengths, and lengths that are a little off.
    const old = result[position] ?? 0;
    result[position] = kind === 4 ? 0xff : kind === 5 ? old + next(5) - 2 : old ^ (1 << next(8));
  }
  return result;
}

/** Everything that reads a model without running it. */
function exercise(bytes: Uint8Array): void {
  const model = modelFromBytes(bytes, { fileName: 'mutant.onnx', path: join(MODELS, 'odd/mutant.onnx') });
  try {
    inferShapes(model.graph);
    countMacs(model);
    void shapeReshape.match(model);
    void fuseLayerNorm({ form: 'native' }).match(model);
    void foldDecodeHead.match(model);
    describeIo(model);
    modelToBytes(model);
  } finally {
    model.close();
  }
}

describe('damaged files', () => {
  test.each(SEEDS)('%s survives %i mutations: a model, or a coded error', (file, mutations) => {
    const seed = read(file);
    const next = generator(7);
    const codes = new Map<string, number>();
    const before = process.memoryUsage().rss;
    for (let index = 0; index < mutations; index += 1) {
      const mutant = mutate(seed, next);
      try {
        exercise(mutant);
        codes.set('opened', (codes.get('opened') ?? 0) + 1);
      } catch (error) {
        if (!(error instanceof AppError)) throw new Error(`mutation ${index} of ${file}`, { cause: error });
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * 2 ** 20);
    expect([...codes.keys()].length).toBeGreaterThan(2);
  });

  test.each(['odd/tiny-unet.onnx', 'odd/subgraph.onnx', 'odd/int8-qdq.onnx'])(
    '%s cut at any byte is refused',
    (file) => {
      const bytes = read(file);
      const step = Math.max(1, Math.floor(bytes.length / 1500));
      for (let length = 0; length < bytes.length; length += step) {
        let code = 'opened';
        try {
          modelFromBytes(bytes.subarray(0, length));
        } catch (error) {
          code = error instanceof AppError ? error.code : String(error);
        }
        expect(code, `${length} bytes`).toMatch(/^(ONNX_(EMPTY_FILE|NOT_ONNX|TRUNCATED|INVALID|OPSET_UNSUPPORTED))$/);
      }
    },
  );

  test('a small file that would become gigabytes of objects is refused before it does', () => {
    // A graph of empty nodes: two bytes each in the file, hundreds in memory.
    const count = 8_000_000;
    const graph = new Uint8Array(count * 2);
    for (let index = 0; index < count; index += 1) graph[index * 2] = 0x0a;
    const length = [0, 7, 14, 21].map((shift) => ((graph.length >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0));
    const bytes = new Uint8Array(graph.length + 7);
    bytes.set([0x08, 8, 0x3a, ...length]);
    bytes.set(graph, 7);
    expect(() => modelFromBytes(bytes)).toThrow(expect.objectContaining({ code: 'ONNX_TOO_COMPLEX' }) as Error);
  });

  test('graphs nested without end are refused, not recursed into', () => {
    let bytes = new Uint8Array();
    // An attribute's graph in a node's attribute in a graph's node, 400 deep.
    for (let depth = 0; depth < 1200; depth += 1) {
      const tag = [0x32, 0x2a, 0x0a][depth % 3] ?? 0;
      const length: number[] = [];
      for (let rest = bytes.length; ; rest >>= 7) {
        length.push(rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest);
        if (rest < 0x80) break;
      }
      bytes = Uint8Array.of(tag, ...length, ...bytes);
    }
    const head = [0x08, 8, 0x3a, (bytes.length & 0x7f) | 0x80, bytes.length >> 7];
    expect(() => modelFromBytes(Uint8Array.of(...head, ...bytes))).toThrow(AppError);
  });
});

import { describe, expect, test } from 'vitest';
import { runPass } from '../pass';
import { fuseLayerNorm } from '../passes/fuse-layernorm';
import { openSmall } from '../passes/test-support';
import { copyModel } from '../copy';
import { layOut } from './layout';
import { drawPair } from './subgraph-svg';

describe('layOut', () => {
  const box = (id: string): { id: string; width: number; height: number } => ({ id, width: 50, height: 20 });

  test('puts every box below those that feed it, and none over another', () => {
    const edges = [
      { from: 'a', to: 'b' },
      { from: 'a', to: 'c' },
      { from: 'b', to: 'd' },
      { from: 'c', to: 'd' },
      { from: 'e', to: 'd' },
    ];
    const { boxes, width, height } = layOut(['a', 'b', 'c', 'd', 'e'].map(box), edges);
    const at = new Map(boxes.map((placed) => [placed.id, placed]));
    for (const { from, to } of edges) expect(at.get(to)?.y).toBeGreaterThan((at.get(from)?.y ?? 0) + 20);
    for (const one of boxes) {
      expect(one.x + one.width).toBeLessThanOrEqual(width);
      expect(one.y + one.height).toBeLessThanOrEqual(height);
      for (const other of boxes) {
        if (one !== other && one.y === other.y) expect(Math.abs(one.x - other.x)).toBeGreaterThanOrEqual(50);
      }
    }
    expect(at.get('e')?.y).toBe(at.get('b')?.y);
  });
});

describe('drawPair', () => {
  test('shows a LayerNorm as its nodes, and as one', async () => {
    const before = await openSmall('original-ts13-256.onnx');
    const [finding] = await fuseLayerNorm({ form: 'native' }).match(before);
    const after = copyModel(before);
    await runPass(after, fuseLayerNorm({ form: 'native' }));
    const { input = '', output = '' } = finding?.data ?? {};
    const part = { starts: [input], ends: [output], withSizes: false };
    const svg = drawPair({ ...part, graph: before.graph }, { ...part, graph: after.graph }, ['a < b', 'after']);
    const titles = [...svg.matchAll(/text-anchor="middle">([^<]*)</g)].map(([, text]) => text);
    expect(titles).toContain('a &lt; b');
    for (const operator of ['ReduceMean', 'Sub', 'Pow', 'Sqrt', 'Div', 'Mul', 'Add', 'LayerNormalization']) {
      expect(titles).toContain(operator);
    }
    expect(titles.filter((title) => title === 'LayerNormalization')).toHaveLength(1);
    expect(titles).toContain('[1, 4096, 4]');
  });
});

import { describe, expect, it } from 'vitest';
import type { BuildEvent } from '../../runtimes/tensorrt/addon';
import { BuildProgress, buildTimeLeft } from './build-progress';

const phase = (name: string, steps: number, parent = ''): BuildEvent => ({ kind: 'phase', phase: name, parent, steps });
const step = (name: string, at: number): BuildEvent => ({ kind: 'step', phase: name, step: at });
const end = (name: string): BuildEvent => ({ kind: 'end', phase: name });

function shares(events: readonly BuildEvent[]): number[] {
  const progress = new BuildProgress();
  return events.map((event) => {
    progress.add(event);
    return Number(progress.share.toFixed(4));
  });
}

describe('the share of a build that is done', () => {
  it('counts steps of nested phases inside the step they belong to', () => {
    const events = [
      phase('Building', 2),
      phase('Optimising', 4, 'Building'),
      step('Optimising', 0),
      step('Optimising', 1),
      end('Optimising'),
      step('Building', 0),
      phase('Kernels', 10, 'Building'),
      step('Kernels', 4),
      end('Kernels'),
      step('Building', 1),
      end('Building'),
    ];
    expect(shares(events)).toEqual([0, 0, 0.1125, 0.225, 0.225, 0.45, 0.45, 0.675, 0.675, 0.9, 0.9]);
  });

  it('never goes back, whatever comes', () => {
    const events = [
      phase('A', 2),
      step('A', 0),
      phase('B', 100, 'A'),
      step('unknown', 5),
      end('unknown'),
      step('A', 0),
      end('A'),
      phase('C', 1),
      step('C', 0),
      end('C'),
      { kind: 'log', severity: 'info', text: 'nothing' } as const,
    ];
    const seen = shares(events);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen[seen.length - 1]).toBe(0.99);
  });

  it('says which phase is under way', () => {
    const progress = new BuildProgress();
    for (const event of [phase('A', 1), phase('B', 1, 'A')]) progress.add(event);
    expect(progress.phase).toBe('B');
    progress.add(end('B'));
    expect(progress.phase).toBe('A');
  });
});

describe('the seconds left of a build', () => {
  it.each<[string, number, number, number[], [number, number] | null]>([
    ['are unknown at first', 0, 0, [], null],
    ['follow from earlier builds before there is a pace', 0, 0, [100, 120], [85, 150]],
    ['shrink as time passes', 0.5, 60, [100, 120], [25, 90]],
    ['end at nothing, not below', 0.9, 100, [100, 120], [0, 50]],
    ['go by the pace past all earlier ones', 0.5, 200, [100], [130, 380]],
    ['go by the pace where there are none', 0.5, 10, [], [6.5, 19]],
  ])('%s', (_, share, elapsed, earlier, expected) => {
    const range = buildTimeLeft(share, elapsed, earlier);
    expect(range?.map((value) => Number(value.toFixed(3))) ?? null).toEqual(expected);
  });
});

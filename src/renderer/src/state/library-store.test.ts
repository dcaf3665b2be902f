import { describe, expect, it } from 'vitest';
import type { ModelSummary } from '../../../shared/domain/model';
import { libraryStore, shownLabels, type LibraryState, type SessionState } from './library-store';

function model(id: string): ModelSummary {
  return { id, labels: [{ id: 0, name: `first class of ${id}`, color: [1, 2, 3] }] } as unknown as ModelSummary;
}

const state = (session: SessionState): LibraryState => ({
  ...libraryStore.getState(),
  models: [model('old'), model('new')],
  session,
});

describe('shownLabels', () => {
  it.each([
    ['nothing open', { kind: 'none' }, undefined],
    ['the first model being opened', { kind: 'opening', modelId: 'new', masksOf: null }, 'first class of new'],
    ['masks of the model before', { kind: 'opening', modelId: 'new', masksOf: 'old' }, 'first class of old'],
    ['a model that was removed', { kind: 'opening', modelId: 'new', masksOf: 'gone' }, undefined],
  ] as const)('%s', (_what, session, name) => {
    expect(shownLabels(state(session))[0]?.name).toBe(name);
  });

  it('is the same array as long as nothing changes', () => {
    const removed = state({ kind: 'opening', modelId: 'new', masksOf: 'gone' });
    expect(shownLabels(removed)).toBe(shownLabels(removed));
  });
});

import { describe, expect, it } from 'vitest';
import { worthOpening } from './transfer-files';

function files(...names: string[]): File[] {
  return names.map((name) => new File([], name));
}

describe('worthOpening', () => {
  it.each([
    ['pictures only', ['b.png', 'notes.txt', 'a.jpg', 'Thumbs.db', '.hidden.png'], ['b.png', 'a.jpg']],
    ['a model with its parts', ['model.onnx', 'config.json', 'README.md'], ['model.onnx', 'config.json']],
  ])('takes %s', (_name, names, expected) => {
    expect(worthOpening(files(...names), 'folder').map((file) => file.name)).toEqual(expected);
  });

  it.each([[[]], [['notes.txt']], [['config.json', 'data.bin']]])('refuses %o by name', (names) => {
    expect(() => worthOpening(files(...names), 'holiday')).toThrow(
      expect.objectContaining({ code: 'FOLDER_WITHOUT_PICTURES', message: expect.stringContaining('holiday') }),
    );
  });
});

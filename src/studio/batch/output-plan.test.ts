import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlannedInput } from './output-plan';
import { planOutputs } from './output-plan';

/** `folder:path` for a picture found below a folder, `path` for one that was named itself, `-` for stdin. */
function input(text: string): PlannedInput {
  if (text === '-') return { path: null, name: 'stdin', folder: null };
  const [path = '', folder = null] = text.split(':').reverse();
  return { path, name: path.split('/').pop() ?? '', folder };
}

describe('planOutputs', () => {
  it.each<[string, string[], string[]]>([
    ['one file', ['/p/a.jpg'], ['a']],
    ['files of different folders', ['/p/a.jpg', '/q/b.jpg'], ['a', 'b']],
    ['a folder, with what lies below', ['/p:/p/a.jpg', '/p:/p/x/y/a.jpg'], ['a', 'x/y/a']],
    ['two folders', ['/p:/p/a.jpg', '/q:/q/a.jpg'], ['p/a', 'q/a']],
    ['two folders of one name', ['/p/in:/p/in/a.jpg', '/q/in:/q/in/a.jpg'], ['in/a', 'in-2/a']],
    ['two formats of one name', ['/p:/p/a.jpg', '/p:/p/a.png', '/p:/p/b.png'], ['a.jpg', 'a.png', 'b']],
    ['the same name twice', ['/p/a.jpg', '/q/a.jpg', '/r/a.jpg'], ['a.jpg', 'a.jpg-2', 'a.jpg-3']],
    ['names that differ by case', ['/p:/p/A.jpg', '/p:/p/a.png'], ['A.jpg', 'a.png']],
    ['a number that is taken', ['/p/a.jpg', '/q/a.jpg', '/r/a.jpg-2'], ['a.jpg', 'a.jpg-2', 'a.jpg-2-2']],
    ['no ending, and a dot file', ['/p/a', '/p/.hidden'], ['a', '.hidden']],
    ['stdin', ['-'], ['stdin']],
    ['a path that leads out of its folder', ['/p:/elsewhere/a.jpg'], ['a']],
    ['a folder at the root', ['/:/a.jpg', '/q:/q/a.jpg'], ['root/a', 'q/a']],
  ])('names the masks of %s', (_what, inputs, expected) => {
    const outputs = planOutputs(inputs.map(input));
    expect(outputs.map(({ directory, stem }) => join(directory, stem))).toEqual(expected);
  });

  it('never gives one name twice, whatever the names', () => {
    const names = ['a', 'a.jpg', 'a.png', 'A.JPG', 'a.jpg-2', 'a-2', 'a.jpg.jpg', 'a.jpg-2.png'];
    const inputs = names.flatMap((first) => names.map((second) => input(`/${first}/${second}`)));
    const outputs = planOutputs(inputs).map(({ directory, stem }) => join(directory, stem).toLowerCase());
    expect(new Set(outputs).size).toBe(inputs.length);
  });
});

import { expect, it } from 'vitest';
import type { ExportFormat } from '../../../shared/domain/export';
import { exportedNames } from './export-names';

it.each<[string, string[], ExportFormat[], boolean, string[], number]>([
  ['one picture', ['street.jpg'], ['csv', 'index'], true, ['street.index.png', 'street.classes.csv'], 2],
  ['a name with dots', ['two.dots.jpeg'], ['index'], true, ['two.dots.index.png'], 1],
  ['a name without an ending', ['街道'], ['overlay'], false, ['街道.overlay.png'], 1],
  ['many into a folder', ['a.jpg', 'b.jpg'], ['index', 'coco'], true, ['a.index.png', 'masks.coco.json'], 3],
  ['many as downloads', ['a.jpg', 'b.jpg'], ['index', 'coco'], false, ['a.index.png', 'a.coco.json'], 4],
  ['nothing', [], ['index'], true, [], 0],
])('names the files of %s', (_name, pictures, formats, intoFolder, names, count) => {
  expect(exportedNames(pictures, formats, intoFolder)).toEqual({ names, count });
});

import { describe, expect, it } from 'vitest';
import { baseName, kindOfFile, kindOfMediaType } from './picture-kinds';

describe('kindOfFile', () => {
  it.each([
    ['street.JPG', 'picture'],
    ['a.b.tiff', 'picture'],
    ['model.onnx', 'model'],
    ['preprocessor_config.json', 'model-part'],
    ['model.onnx_data', 'model-part'],
    ['clip.mp4', 'video'],
    ['notes.pdf', 'other'],
    ['png', 'other'],
    ['.png', 'picture'],
    ['', 'other'],
  ])('%s is %s', (name, kind) => expect(kindOfFile(name)).toBe(kind));
});

describe('kindOfMediaType', () => {
  it.each([
    ['image/png', 'picture'],
    ['video/mp4', 'video'],
    ['application/pdf', 'other'],
    ['', 'other'],
  ])('%s is %s', (type, kind) => expect(kindOfMediaType(type)).toBe(kind));
});

describe('baseName', () => {
  it.each([
    ['/home/me/a b.png', 'a b.png'],
    ['C:\\pictures\\a.png', 'a.png'],
    ['a.png', 'a.png'],
  ])('%s → %s', (path, name) => expect(baseName(path)).toBe(name));
});

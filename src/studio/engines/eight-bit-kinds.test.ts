import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SAMPLE_MODEL } from '../../quantization/testing';
import { kindsOfFile } from './eight-bit-kinds';

const fixture = (name: string): string => join(__dirname, '../../../tools/fixtures/models/odd', name);

describe('what a network computes in 8 bits on a GPU', () => {
  it.each([
    ['its linear layers where it has any, and no convolution', SAMPLE_MODEL, ['linear']],
    ['its convolutions where it has nothing else', fixture('tiny-unet.onnx'), ['linear', 'convolution']],
  ])('is %s', async (_, file, kinds) => {
    expect(await kindsOfFile(file, file)).toEqual(kinds);
  });
});

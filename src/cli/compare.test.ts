import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Bench } from './testing';
import { bench } from './testing';

/** Two networks of the same three classes, at full and at quarter size, and pictures with a border between colours. */
async function prepared(): Promise<Bench> {
  const here = bench();
  here.copyModel('channels.onnx', 'full.onnx');
  here.copyModel('quarter.onnx', 'quarter.onnx');
  mkdirSync(join(here.cwd, 'pictures'));
  for (const [index, left] of [6, 14, 30].entries()) {
    const pixels = Uint8Array.from({ length: 40 * 24 * 3 }, (_, at) => {
      const isLeft = Math.floor(at / 3) % 40 < left;
      return at % 3 === (isLeft ? 0 : 2) ? 220 : 20;
    });
    const raw = { width: 40, height: 24, channels: 3 } as const;
    await sharp(pixels, { raw }).toFile(join(here.cwd, 'pictures', `p${index}.png`));
  }
  return here;
}

const both = ['--engines', 'full.onnx,quarter.onnx'];

describe('maskforge compare', () => {
  it('lays two networks side by side: for people, as JSON, as tables and as a page', async () => {
    const here = await prepared();
    const outputs = ['--csv', 'out.csv', '--html', 'out.html', '--classes'];
    const run = await here.run(['compare', 'pictures', ...both, ...outputs]);
    expect(run.stderr).toMatch(/wrote out\.csv\nwrote out\.pictures\.csv\nwrote out\.html/);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^3 pictures, agreement with A/);
    expect(run.stdout).toMatch(/^B {2}.*\d\d\.\d{3} %/m);
    const json = await here.run([
      'compare',
      'pictures',
      ...both,
      '--reference',
      'quarter.onnx',
      '--limit',
      '2',
      '--json',
    ]);
    expect(json.json()).toMatchObject([
      { reference: 1, compared: 2, sides: [{ compared: 2, latency: { pictures: 2 } }, { agreement: null }] },
    ]);
    const rows = readFileSync(join(here.cwd, 'out.pictures.csv'), 'utf8').trim().split('\r\n');
    expect(rows).toHaveLength(1 + 3 * 2);
    expect(readFileSync(join(here.cwd, 'out.csv'), 'utf8')).toContain('reference');
    expect(readFileSync(join(here.cwd, 'out.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    // What was only named by its path is in the library no more.
    const models = await here.run(['models', 'list', '--json']);
    expect(models.stdout).not.toContain('quarter');
  });

  it('goes on where a picture or its drawn mask cannot be read, and says so', async () => {
    const here = await prepared();
    writeFileSync(join(here.cwd, 'pictures', 'bad.png'), 'nothing of a picture');
    const mask = sharp(new Uint8Array(10 * 10), { raw: { width: 10, height: 10, channels: 1 } }).toColourspace('b-w');
    mkdirSync(join(here.cwd, 'masks'));
    for (const name of ['p0', 'bad'])
      await mask
        .clone()
        .png()
        .toFile(join(here.cwd, 'masks', `${name}.png`));
    const run = await here.run(['compare', 'pictures', '--engines', 'full.onnx', '--masks', 'masks']);
    expect(run.code).toBe(1);
    for (const code of ['IMAGE_UNSUPPORTED', 'MASK_SIZE_DIFFERS', 'FILE_NOT_FOUND']) expect(run.stderr).toContain(code);
  });

  it.each([
    ['one side', ['pictures', '--engines', 'full.onnx'], 'COMPARE_TOO_FEW_SIDES'],
    ['none', ['pictures'], 'COMPARE_TOO_FEW_SIDES'],
    ['five sides', ['pictures', '--engines', 'a,b,c,d', '--model', 'full.onnx'], 'COMPARE_TOO_MANY_SIDES'],
    ['a side twice', ['pictures', '--engines', 'full.onnx,full.onnx'], 'COMPARE_SAME_TWICE'],
    ['an unknown engine', ['pictures', '--engines', 'full.onnx,0123abcd'], 'ENGINE_NOT_FOUND'],
    ['an unknown model', ['pictures', ...both, '--model', 'nobody'], 'MODEL_NOT_FOUND'],
    ['a reference that is none', ['pictures', ...both, '--reference', 'third'], 'COMPARE_REFERENCE_UNKNOWN'],
    ['other classes', ['pictures', '--engines', 'full.onnx,many.onnx'], 'COMPARE_CLASSES_DIFFER'],
    ['an empty folder', ['empty', ...both], 'FOLDER_WITHOUT_PICTURES'],
    ['no file', ['nowhere.png', ...both], 'FILE_NOT_FOUND'],
    ['no picture', ['full.onnx', ...both], 'IMAGE_UNSUPPORTED'],
    ['masks of no folder', ['pictures', '--engines', 'full.onnx', '--masks', 'nowhere'], 'FILE_NOT_FOUND'],
  ])('refuses %s', async (_, argv, code) => {
    const here = await prepared();
    here.copyModel('many-classes.onnx', 'many.onnx');
    mkdirSync(join(here.cwd, 'empty'));
    const run = await here.run(['compare', ...argv]);
    expect(run.stderr).toContain(`[${code}]`);
    expect(run.code).not.toBe(0);
    expect(run.stdout).toBe('');
  });
});

import { describe, expect, it } from 'vitest';
import {
  calibrationFromText,
  calibrationKey,
  calibrationToText,
  checkSource,
  statisticsOf,
  valuesOf,
} from './calibration-record';
import type { CalibrationRecord, CalibrationSource } from './calibration-record';
import { fromTensorRtTable, toTensorRtTable } from './tensorrt-table';
import { ValueStatistics } from './value-statistics';

const source: CalibrationSource = {
  model: 'a'.repeat(64),
  preprocessing: {
    size: { mode: 'stretch', width: 64, height: 32 },
    resample: 'bilinear',
    channelOrder: 'rgb',
    scale: 1 / 255,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  },
  kinds: ['linear'],
  samplesPerPicture: 4096,
  pictures: ['b'.repeat(64), 'c'.repeat(64)],
};

function record(): CalibrationRecord {
  const value = new ValueStatistics();
  value.add([-1, -2.5], [0.5, 3], Float32Array.of(-1, 0, 0.25, 3));
  return {
    format: 1,
    key: calibrationKey(source),
    modelName: 'model.onnx',
    source,
    done: 2,
    inputs: 1,
    skipped: [{ file: 'x.jpg', code: 'IMAGE_DAMAGED', message: 'It is damaged.' }],
    values: valuesOf(new Map([['odd "name": 1', value]])),
  };
}

function many(): string {
  return Array.from({ length: 20_001 }, (_, index) => `"v${index}": 0,`).join('');
}

describe('calibration as text', () => {
  it('comes back the same', () => {
    const before = record();
    const after = calibrationFromText(calibrationToText(before), 'cache.json');
    expect(after).toEqual(before);
    expect([...statisticsOf(after).values()].map((value) => value.channelMagnitudes())).toEqual([
      Float64Array.of(1, 3),
    ]);
  });

  const nonsense: readonly [string, (text: string) => string][] = [
    ['cut off', (text) => text.slice(0, -20)],
    ['another thing', () => '{"name": "package"}'],
    ['nothing', () => ''],
    ['a word for a number', (text) => text.replace('-2.5', '"wide"')],
    ['no number', (text) => text.replace('-2.5', 'NaN')],
    ['low above high', (text) => text.replace('-2.5', '7')],
    ['a channel too few', (text) => text.replace('[-1,-2.5]', '[-1]')],
    ['negative counts', (text) => text.replace('"zeros":1', '"zeros":-1')],
    ['another preprocessing under the old key', (text) => text.replace('"width": 64', '"width": 65')],
    ['more done than chosen', (text) => text.replace('"done": 2', '"done": 3')],
    ['fewer done than skipped', (text) => text.replace('"done": 2', '"done": 0')],
    ['pictures that did not run', (text) => text.replace('"inputs": 1', '"inputs": 0')],
    ['a range beyond 32 bits', (text) => text.replace('-2.5', '-1e300')],
    ['a number that is none in JSON', (text) => text.replace('-2.5', '-1e400')],
    ['more samples than were taken', (text) => text.replace('"zeros":1', '"zeros":100000')],
    ['a histogram beyond the range', (text) => text.replace('[0.5,3]', '[0.5,1]').replace('-2.5', '-1')],
    ['a list', () => '[1, 2]'],
    ['null', () => 'null'],
    ['millions of values', (text) => text.replace('"values": {', `"values": {${'"x":0,'.repeat(3)}${many()}`)],
    ['a newer format', (text) => text.replace('"format": 1', '"format": 2')],
  ];
  it.each(nonsense)('refuses %s', (_, edit) => {
    const text = calibrationToText(record());
    expect(edit(text)).not.toBe(text);
    expect(() => calibrationFromText(edit(text), 'cache.json')).toThrow(
      expect.objectContaining({ code: 'CALIBRATION_CACHE_DAMAGED', message: expect.stringContaining('cache.json') }),
    );
  });

  it.each([
    ['another model', { model: 'd'.repeat(64) }, 'another model'],
    ['another scale', { preprocessing: { ...source.preprocessing, scale: 1 } }, 'another preprocessing'],
    ['other pictures', { pictures: [...source.pictures].reverse() }, 'other pictures'],
    ['other layers', { kinds: ['attention' as const] }, 'other layers'],
  ])('is foreign to %s, and says so', (_, change, told) => {
    expect(() => checkSource(record(), { ...source, ...change }, 'cache.json')).toThrow(
      expect.objectContaining({ code: 'CALIBRATION_CACHE_FOREIGN', message: expect.stringContaining(told) }),
    );
    expect(() => checkSource(record(), { ...source }, 'cache.json')).not.toThrow();
  });
});

describe("TensorRT's calibration table", () => {
  it('has the form that TensorRT writes', () => {
    const statistics = new Map([
      ['input', ValueStatistics.ofRange(127)],
      ['(Unnamed: 3) out', ValueStatistics.ofRange(127 * 0.0078125)],
    ]);
    const text = toTensorRtTable(statistics, 'entropy', { version: 8601 });
    expect(text).toBe('TRT-8601-EntropyCalibration2\ninput: 3f800000\n(Unnamed: 3) out: 3c000000\n');
    expect(toTensorRtTable(statistics, 'min-max')).toMatch(/^TRT-100600-MinMaxCalibration\n/);
  });

  it('comes back', () => {
    const text = 'TRT-8601-EntropyCalibration2\r\ninput: 3f800000\r\na: b: 3c000000\r\n';
    const ranges = [...fromTensorRtTable(text, 'table')].map(([name, value]) => [name, value.range('mse')]);
    expect(ranges).toEqual([
      ['input', 127],
      ['a: b', 127 / 128],
    ]);
  });

  it.each([
    ['no header', 'input: 3f800000\n'],
    ['a line without a number', 'TRT-8601-EntropyCalibration2\ninput\n'],
    ['a number too long', 'TRT-8601-EntropyCalibration2\ninput: 3f8000001\n'],
    ['NaN', 'TRT-8601-EntropyCalibration2\ninput: 7fc00000\n'],
    ['a negative scale', 'TRT-8601-EntropyCalibration2\ninput: bf800000\n'],
  ])('refuses %s', (_, text) => {
    expect(() => fromTensorRtTable(text, 'table')).toThrow(
      expect.objectContaining({ code: 'CALIBRATION_TABLE_INVALID' }),
    );
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogLine } from '../../../shared/domain/job';
import { logText } from '../../../shared/domain/job';
import { provingDetail, trialName } from '../../../shared/phase-detail';
import type { RemarkDetails } from '../../../shared/remark';
import { remark } from '../../../shared/remark';
import { i18n } from '../i18n/i18n';
import { logLine, phaseText } from './phase-text';

const passed: LogLine = {
  ...remark('pass-done', 'simplify: 2 found, 9 → 7 nodes', { pass: 'simplify', found: 2, before: 9, after: 7 }),
  severity: 'info',
};

describe('in Chinese', () => {
  beforeAll(() => i18n.changeLanguage('zh-CN'));
  afterAll(() => i18n.changeLanguage('en'));

  it.each<[string, LogLine, string, string]>([
    ['a line of ours', passed, 'info', 'simplify：找到 2 处，节点 9 → 7'],
    ['a line of TensorRT', 'info: Engine generation completed.', 'info', 'Engine generation completed.'],
    ['a warning of TensorRT', 'warning: Slow.', 'warning', 'Slow.'],
    ['a warning of ours', remark('few-pictures', 'Few.', { pictures: 4, wanted: 128 }), 'warning', '仅凭 4 张图片'],
    ['a line that is newer than this window', { ...remark('new', 'New.'), severity: 'info' }, 'info', 'New.'],
  ])('is %s', (_, line, level, text) => {
    expect(logLine(line)).toEqual({ level, text: expect.stringContaining(text) as string });
  });

  it.each([
    [`tune: ${trialName({ kind: 'alone', blocks: ['head'] })}`, '逐个尝试 8 位模块 · 仅 head'],
    [`tune: ${trialName({ kind: 'without', blocks: ['head'] })}`, '逐个尝试 8 位模块 · 保留 1 个模块'],
    [`build: ${provingDetail}`, '构建 · 与 ONNX Runtime 比较'],
    ['build: Timing graph nodes', '构建 · Timing graph nodes'],
  ])('is the phase %s', (phase, text) => expect(phaseText({ phase })).toBe(text));

  it.each<[string, RemarkDetails, string]>([
    ['tried-everything', {}, '全部为 8 位：90.00 % 的像素保持一致，得到全部收益的 50.00 %'],
    ['tried-kept', { blocks: 2, milliseconds: '1.00', other: '2.00' }, '的 50.00 %，1.00 ms，对比 2.00 ms'],
    [
      'tried-alone',
      { block: 'a', milliseconds: '1.00', other: '2.00', judge: 'TensorRT' },
      'ms，按 TensorRT 引擎自身的',
    ],
    ['tried-alone', { block: 'a', failure: 'OUT_OF_DEVICE_MEMORY' }, '，未计时：OUT_OF_DEVICE_MEMORY'],
  ])('is the trial %s %j', (code, more, text) => {
    const said = remark(code, 'Tried.', { agreement: '90.00 %', gain: '50.00 %', ...more });
    expect(logLine({ ...said, severity: 'info' }).text).toContain(text);
    expect(logLine({ ...said, severity: 'info' }).text).not.toContain('{{');
  });
});

it('stays English in logs on disk', () => expect(logText(passed)).toBe('info: simplify: 2 found, 9 → 7 nodes'));

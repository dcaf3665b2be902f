import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ErrorReport } from '../../../shared/app-error';
import { en } from '../i18n/en';
import { i18n } from '../i18n/i18n';
import { zhCn } from '../i18n/zh-cn';
import { buildLines } from '../i18n/zh-cn/build-lines';
import { eightBitReasons } from '../i18n/zh-cn/eight-bit-reasons';
import { errorMessages } from '../i18n/zh-cn/error-messages';
import { engineWarnings } from '../i18n/zh-cn/engine-warnings';
import { modelWarnings } from '../i18n/zh-cn/model-warnings';
import { passReasons } from '../i18n/zh-cn/pass-reasons';
import { pictureNotes } from '../i18n/zh-cn/picture-notes';
import { errorHint, errorMessage, errorTitle, warningText } from './error-text';

const repository = resolve(__dirname, '../../../..');

/** Words in capitals that are no errors of ours: environment variables, and what Node and the system call theirs. */
const OTHER_WORDS =
  /^(MASKFORGE|HF|TRT|TENSORRT|CONDA|VIRTUAL|LD|UV|ERR|EAI|CUDA_ERROR|NO_COLOR|FORCE_COLOR)_?(ADDON|TENSORRT|TURBOJPEG|PYTHON|SHARP|RTX_DIRECTORY|ENDPOINT|HUB_OFFLINE|TOKEN|LIBPATH|LIB_DIR|ROOT|HOME|DIR|PREFIX|ENV|LIBRARY_PATH|THREADPOOL_SIZE|AGAIN|NO_DEVICE|FS_\w+|STREAM_\w+|WORKER_\w+)?$/;

/** Raised by the terminal's commands and by the server's start, before there is a window. */
const TERMINAL_ONLY = new Set(['BUILD_MISSING', 'COMPARE_VIDEO', 'NOT_TRIED', 'SERVER_PORT_TAKEN']);

interface Source {
  readonly path: string;
  readonly text: string;
}

function sourcesIn(folder: string, ending: RegExp): Source[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return ['i18n', 'generated', 'testing', 'tests'].includes(entry.name) ? [] : sourcesIn(path, ending);
    const counts = ending.test(entry.name) && !/\.test\.|^testing\./.test(entry.name);
    return counts ? [{ path, text: readFileSync(path, 'utf8') }] : [];
  });
}

const WORD = '[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+';
const sources = sourcesIn(join(repository, 'src'), /\.tsx?$/);
const native = sourcesIn(join(repository, 'native'), /\.(cpp|cu|h)$/);

/** Every code with the files that speak of it. */
const raised = new Map<string, Source[]>();
function note(code: string, source: Source): void {
  if (!OTHER_WORDS.test(code) && !TERMINAL_ONLY.has(code)) raised.set(code, [...(raised.get(code) ?? []), source]);
}
for (const source of sources) {
  for (const match of source.text.matchAll(new RegExp(`'(${WORD})'|^\\s+(${WORD}):`, 'gm'))) {
    note(match[1] ?? match[2] ?? '', source);
  }
}
for (const source of native) {
  for (const [, code = ''] of source.text.matchAll(new RegExp(`"(${WORD})"`, 'g'))) note(code, source);
}

afterEach(() => i18n.changeLanguage('en'));

describe('every error that can reach the window', () => {
  const codes = [...raised.keys()].sort();
  const without = (texts: Readonly<Record<string, string>>) => codes.filter((code) => texts[code] === undefined);

  it('is found in the sources', () => {
    expect(codes.length).toBeGreaterThan(190);
    expect(codes).toEqual(
      expect.arrayContaining(['DISK_FULL', 'DEVICE_LOST', 'ENGINE_STALE', 'CALIBRATION_FOLDER_GONE']),
    );
  });

  it('has a title in both languages', () => {
    expect(without(en.errors.codes)).toEqual([]);
    expect(without(zhCn.errors.codes)).toEqual([]);
  });

  it('has a remedy in both languages', () => {
    const wordless = without(zhCn.errors.hints).filter((code) => code !== 'CANCELLED');
    expect(wordless).toEqual([]);
  });

  it('is told with details that its source gives', () => {
    for (const [code, sentences] of Object.entries(errorMessages)) {
      const texts = (raised.get(code) ?? []).map(({ text }) => text).join('\n');
      const names = sentences.flatMap((sentence) =>
        [...sentence.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name),
      );
      const unknown = names.filter((name) => name !== 'what' && !new RegExp(`\\b${name}\\b`).test(texts));
      expect([code, unknown]).toEqual([code, []]);
    }
  });

  it('is told in Chinese, whatever details it has', async () => {
    await i18n.changeLanguage('zh-CN');
    for (const code of codes) {
      const report = { code, message: 'Something happened to it.', hint: 'Do something.' };
      for (const text of [errorTitle(report), errorMessage(report), errorHint(report) ?? '']) {
        expect([code, text]).toEqual([code, expect.not.stringMatching(/\{\{|[Ss]omething/)]);
      }
    }
  });
});

describe('warningText', () => {
  /** Calls of the two functions that make remarks, examples in comments apart; codes by a condition, or with a name, too. */
  const CALL =
    /\b(?:remark|because)\(\s*(?:[^;'`]*?\? )?(?:'([a-z][a-z0-9-]*)'|([A-Z_]+|code)\b)(?:\s*: '([a-z-]+)')?/g;
  const tables = [modelWarnings, engineWarnings, passReasons, eightBitReasons, buildLines, pictureNotes];
  const remarks: Readonly<Record<string, readonly string[]>> = Object.assign({}, ...tables);
  const calls = sources.flatMap(({ text }) =>
    [...text.replace(/^ *\*.*$/gm, '').matchAll(CALL)].flatMap(([, one, name = '', other]) => {
      const named = new RegExp(`\\b${name} = '([a-z-]+)'`).exec(text)?.[1];
      return [one ?? named, other].flatMap((code) => (code === undefined ? [] : [{ code, text }]));
    }),
  );

  it('has a Chinese sentence for everything that is remarked', () => {
    const said = new Set(calls.map(({ code }) => code));
    expect(said.size).toBeGreaterThan(50);
    expect([...said].filter((code) => remarks[code] === undefined)).toEqual([]);
    expect(Object.keys(remarks).filter((code) => !said.has(code))).toEqual([]);
    const files = tables.map((texts) => Object.keys(texts).length);
    expect(Object.keys(remarks).length).toBe(files.reduce((sum, count) => sum + count));
  });

  it('is told with details that its source gives', () => {
    for (const [code, sentences] of Object.entries(remarks)) {
      const texts = calls.flatMap((call) => (call.code === code ? [call.text] : [])).join('\n');
      const names = sentences.flatMap((sentence) =>
        [...sentence.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name),
      );
      expect([code, names.filter((name) => !new RegExp(`\\b${name}\\b`).test(texts))]).toEqual([code, []]);
    }
  });

  it.each<[ErrorReport, string]>([
    [
      { code: 'size-assumed', message: 'x; 4x6 is taken.', details: { width: 4, height: 6 } },
      'preprocessor_config.json 未给出可用的尺寸；采用 4×6。',
    ],
    [{ code: 'new-code', message: 'The input does not say.' }, 'The input does not say.'],
    [
      { code: 'few-pictures', message: 'Few.', details: { pictures: 4, wanted: 128 } },
      '仅凭 4 张图片确定的范围靠运气：请使用 128 张或更多',
    ],
    [{ code: 'size-frozen', message: 'Frozen.', details: { operator: 'Reshape' } }, '被写死在这个 Reshape 中'],
    [
      { code: 'kept-classifier', message: 'Kept: rounding.', details: { layers: 3, format: 'INT8' } },
      '3 层不以 INT8 计算：最后一层的舍入',
    ],
    [{ code: 'kept-classifier', message: 'Kept: rounding.' }, '最后一层的舍入会直接影响掩码'],
    [{ code: 'MODEL_FILE_MISSING', message: 'Gone.', details: { path: '/n.onnx' } }, '/n.onnx'],
  ])('%j in Chinese', async (warning, expected) => {
    await i18n.changeLanguage('zh-CN');
    expect(warningText(warning)).toContain(expected);
    await i18n.changeLanguage('en');
    expect(warningText(warning)).toContain(warning.message);
  });
});

describe('errorMessage', () => {
  const size: ErrorReport = {
    code: 'IMAGE_TOO_LARGE',
    message: 'a.png has 20000 x 9000 pixels (180 megapixels); pictures may have up to 120 megapixels.',
    details: { name: 'a.png', width: 20_000, height: 9000, limit: 120_000_000 },
  };

  it('is the studio’s own sentence in English', () => expect(errorMessage(size)).toBe(size.message));

  it('calls what a browser has sent as the user does', () => {
    const path = '/tmp/maskforge-uploads-Ab1/0b1d9bd1-5f0e-4a9c-8f5b-1c2d3e4f5a6b/street 1/a.png';
    const report = { code: 'FILE_NOT_FOUND', message: `There is no file ${path}.`, details: { path } };
    expect(errorMessage(report)).toBe('There is no file street 1/a.png.');
  });

  it.each<[string, ErrorReport, string]>([
    ['keeps names and figures', size, '“a.png”有 20000 × 9000 像素，上限为 120000000 像素。'],
    [
      'takes the sentence whose details are there',
      { ...size, details: { name: 'a.png', bytes: 5, limit: 4 } },
      '“a.png”有 5 字节，上限为 4 字节。',
    ],
    [
      'finds the file in a message without details',
      { code: 'ONNX_NOT_ONNX', message: '/nets/my-net.onnx is not an ONNX model.' },
      '不是 ONNX 文件：/nets/my-net.onnx',
    ],
    ['is the title where nothing is known', { code: 'HOST_GONE', message: 'The engine stopped.' }, '引擎已停止'],
    ['says no more of a bug', { code: 'INTERNAL', message: 'x is undefined', stack: 'at x' }, 'Maskforge 内部故障'],
    [
      'leaves alone what the window says itself',
      { code: 'RECIPE_INVALID', message: 'r.json 不是 JSON。', details: { file: 'r.json' } },
      'r.json 不是 JSON。',
    ],
    ['does not know every code', { code: 'NEW_CODE', message: 'New.' }, '操作未成功'],
  ])('%s in Chinese', async (_, report, expected) => {
    await i18n.changeLanguage('zh-CN');
    expect(errorMessage(report)).toBe(expected);
  });
});

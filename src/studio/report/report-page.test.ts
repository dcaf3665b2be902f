import { describe, expect, it } from 'vitest';
import type { Mask, Timings } from '../../shared/domain/mask';
import { MaskScores } from '../verify/metrics';
import { differenceMap } from './draw-pictures';
import { escapeHtml, html } from './html';
import type { ReportData, ReportSide } from './report-data';
import { percent } from './report-format';
import { reportPage } from './report-page';

const HOSTILE = `"><img src=https://x.example/a onerror=alert(1)></style></script>&amp;' \u202e😀\u0000\ud800`;

const labels = [
  { id: 0, name: `road ${HOSTILE}`, color: [1, 2, 3] as [number, number, number] },
  { id: 1, name: 'sky', color: [4, 5, 6] as [number, number, number] },
];

function mask(ids: string): Mask {
  return { width: ids.length, height: 1, bytesPerId: 1, data: Uint8Array.from(ids, Number) };
}

function times(total: number, infer: number): Timings {
  return { decode: 1e6, preprocess: 0, transferIn: 0, infer, postprocess: 0, transferOut: 0, total };
}

function side(name: string, ids: string, about: Partial<ReportSide> = {}): ReportSide {
  const scores = new MaskScores(labels);
  scores.add(mask(ids), mask('0000111111'));
  return {
    ...{ kind: 'engine', name, modelName: `Net ${HOSTILE}`, runtime: `TensorRT ${HOSTILE}`, device: HOSTILE },
    ...{ precision: 'INT8', engineId: '0123456789abcdef', builtAt: '2026-11-21T15:04:05.000Z', directory: null },
    ...{ size: { mode: 'stretch', width: 512, height: 512 }, compared: 1, agreement: scores.result(), accuracy: null },
    latency: { pictures: 3, median: times(10e6, 8e6), p95: times(12e6, 9e6) },
    ...about,
  };
}

function data(about: Partial<ReportData> = {}): ReportData {
  const image = 'data:image/jpeg;base64,AAAA';
  const reference = side(`FP32 ${HOSTILE}`, '0000111111', { kind: 'model', agreement: null, compared: 0 });
  const shown = { overlay: image, difference: null };
  return {
    kind: 'comparison',
    at: '2026-11-21T15:04:05.000Z',
    images: `/pictures/${HOSTILE}`,
    pictures: 3,
    reference: 0,
    sides: [reference, side(`INT8 ${HOSTILE}`, '0001111111')],
    labels,
    worst: [
      {
        ...{ name: HOSTILE, width: 10, height: 1, sides: [null, { agreement: 0.9, meanIou: 0.8, accuracy: null }] },
        images: { picture: image, sides: [shown, { overlay: image, difference: image }] },
      },
      { name: 'gone.png', width: 10, height: 1, sides: [null, null], images: null },
    ],
    failures: [{ name: HOSTILE, side: 1, code: 'IMAGE_DAMAGED', message: HOSTILE }],
    ...about,
  };
}

const VOID = new Set(['meta', 'br', 'img', 'rect', '!doctype']);

/** Names of the elements of a page, after checking that each that opens closes in its turn. */
function elementsOf(page: string): Set<string> {
  const open: string[] = [];
  const seen = new Set<string>();
  for (const [, closes = '', name = '', rest = ''] of page.matchAll(/<(\/?)([a-z!][a-z0-9]*)((?:"[^"]*"|[^>"])*)>/gi)) {
    const tag = name.toLowerCase();
    seen.add(tag);
    if (closes === '/') expect(open.pop(), page.slice(0, 200)).toBe(tag);
    else if (!(VOID.has(tag) && tag !== 'rect') && !rest.endsWith('/')) open.push(tag);
  }
  expect(open).toEqual([]);
  return seen;
}

describe('a page', () => {
  it.each(['en', 'zh'] as const)('is whole, and holds nothing that was given as markup (%s)', (language) => {
    const page = reportPage(data(), language);
    const elements = elementsOf(page);
    expect(elements).toContain('svg');
    expect(
      [...elements].filter((name) => ['script', 'link', 'iframe', 'object', 'base', 'form'].includes(name)),
    ).toEqual([]);
    expect(page).toContain(escapeHtml(HOSTILE));
    expect(page).not.toContain('<img src=https');
    expect(page).not.toContain('\u0000');
    expect(Buffer.from(page, 'utf8').toString('utf8')).toBe(page);
  });

  it('asks for nothing from anywhere', () => {
    const page = reportPage(data(), 'en');
    const addresses = [...page.matchAll(/\s(?:src|href|srcset|action|poster|data)\s*=\s*"([^"]*)"/gi)].map(
      ([, url]) => url,
    );
    expect(addresses).toHaveLength(4);
    expect(addresses.every((url) => url?.startsWith('data:image/'))).toBe(true);
    expect(page).not.toMatch(/@import|url\(/);
    expect(page).toContain('content="default-src &#39;none&#39;; img-src data:;');
  });

  it('tells the figures', () => {
    const page = reportPage(data(), 'en');
    // Nine of ten pixels agree: road 3 of 4, sky 6 of 7.
    expect(page).toContain('90.00 %');
    expect(page).toContain(((3 / 4 + 6 / 7) / 2).toFixed(4));
    expect(page).toContain('1 / 0 / 0.100');
    expect(page).toContain('p95 12.0 ms');
    expect(page).toContain('1.00 × the reference’s time');
    expect(page).toContain('2026-11-21 15:04 UTC');
    expect(page).toContain('0123456789abcdef');
  });

  it('calls it accuracy only where masks were drawn', () => {
    const drawn = side('', '0000111111', {
      kind: 'masks',
      agreement: null,
      latency: null,
      size: null,
      directory: '/m',
    });
    const page = reportPage(data({ sides: [drawn, side('INT8', '0001111111')] }), 'en');
    expect(page).toContain('of pixels as drawn in A');
    expect(page).toContain('are accuracy');
    expect(reportPage(data(), 'en')).not.toContain('are accuracy');
  });

  it('says so where sides see pictures at other sizes', () => {
    const smaller = side('INT8', '0001111111', { size: { mode: 'stretch', width: 256, height: 256 } });
    const [reference] = data().sides;
    const page = reportPage(data({ sides: reference === undefined ? [] : [reference, smaller] }), 'en');
    expect(page).toContain('B: sees pictures at 256 × 256, the reference at 512 × 512');
  });

  it('does without times, pictures and disagreements', () => {
    const [reference] = data().sides;
    const same = side('INT8', '0000111111', { latency: null });
    const sides = reference === undefined ? [] : [{ ...reference, latency: null }, same];
    const page = reportPage(data({ sides, worst: [], failures: [] }), 'en');
    elementsOf(page);
    expect(page).toContain('None: every pixel has the same class.');
    expect(page).not.toContain('Time by stage');
  });
});

describe('what goes into a page', () => {
  it.each([
    [`a<b>&"c"'`, 'a&lt;b&gt;&amp;&quot;c&quot;&#39;'],
    ['\u0007\ud800x\udc00 😀', '\ufffd\ufffdx\ufffd 😀'],
    ['tab\tand\nline', 'tab\tand\nline'],
  ])('%j is escaped', (text, escaped) => {
    expect(escapeHtml(text)).toBe(escaped);
    expect(html`<p title="${text}">${[text, null, html`<i>${text}</i>`]}</p>`.text).toBe(
      `<p title="${escaped}">${escaped}<i>${escaped}</i></p>`,
    );
  });

  it.each([
    [1, '100 %'],
    [0, '0 %'],
    [0.99995, '99.9950 %'],
    [0.9912, '99.120 %'],
    [0.5, '50.00 %'],
    [0.0000512, '0.0051 %'],
    [null, '–'],
  ])('a share of %s is told as %s', (share, text) => expect(percent(share)).toBe(text));

  it('a map of differences marks every pixel that differs, also where it is made smaller', () => {
    const frame = { width: 4, height: 1, channels: 3 as const, pixels: new Uint8Array(12).fill(100) };
    const reference = mask('0000000000000000');
    const only = mask('0000000000000010');
    const [none, one] = [reference, only].map((each) => differenceMap(frame, each, reference, new Set()).pixels);
    const red = (pixels: Uint8Array | undefined): number[] => [0, 3, 6, 9].map((at) => pixels?.[at] ?? -1);
    expect(red(none)).toEqual([62, 62, 62, 62]);
    expect(red(one)).toEqual([62, 62, 177, 255]);
    expect(red(differenceMap(frame, only, reference, new Set([1])).pixels)).toEqual([62, 62, 62, 62]);
  });
});

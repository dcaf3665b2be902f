/**
 * Video in the desktop window on the processor: how often the window draws while the engine works, what a new mask costs
 * the main thread, how soon a scrubbed frame is shown, what the charts cost. `xvfb-run -a npm run bench -- video [seconds]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './statistics';
import { machine, occasion, record, runToEnd } from './record';
import { measureScrubs, playFor, rounded, threadShare, told } from './video-figures';
import { openSampleVideo } from './video-window';

const LIMITS = { drawsPerSecond: 30, maskMs: 3, scrubMs: 150, chartsShareOfCore: 0.03 };
const CHART_TURNS = 5;
const seconds = Number(process.argv[2] ?? 15);
const work = mkdtempSync(join(tmpdir(), 'bench-video-'));

async function main(): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const { app, page } = await openSampleVideo(join(work, 'data'));
  const scrubs = await measureScrubs(page);
  await page.getByRole('main').focus();
  const paired = await playFor(page, false, seconds);
  const [without, withCharts]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < CHART_TURNS; turn++)
    for (const shares of [without, withCharts]) {
      await page.waitForTimeout(1000);
      shares.push(await threadShare(page, (seconds * 1000) / CHART_TURNS));
      await page.keyboard.press('t');
    }
  await page.keyboard.press('Space');
  const held = await playFor(page, true, seconds);
  await app.close();
  record('video', {
    ...occasion('video'),
    device: { ...machine(), graphics: 'SwiftShader (no graphics card)', loadAtStart: rounded(load) },
    how: 'The sample video, 1280x720, 30 frames a second, sample model on ONNX Runtime. Medians; highest in brackets.',
    playing: { masksWithTheirFrames: told(paired), allFramesDrawn: told(held) },
    scrub: {
      n: scrubs.length,
      how: 'press until the next animation frame after the frame is set; each place once, first and later visits alike',
      medianMs: rounded(median(scrubs)),
      highestMs: rounded(Math.max(...scrubs)),
    },
    charts: {
      how: "processor time of the page's main thread, share of a core, in turns",
      shareWithout: without.map((share) => rounded(share, 3)),
      shareWith: withCharts.map((share) => rounded(share, 3)),
      cost: rounded(median(withCharts) - median(without), 3),
    },
    limits: LIMITS,
  });
}

runToEnd(main, () => rmSync(work, { recursive: true, force: true }));

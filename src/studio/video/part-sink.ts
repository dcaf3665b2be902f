import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ExportJournal, PartRecord } from './export-journal';
import { doneFrames, fileHash } from './export-journal';
import { joinParts } from './join-parts';
import type { EncodeOrder, FrameWriter } from './raw-streams';
import { encodeFrames } from './raw-streams';
import type { FrameResult, FrameSink } from './video-sinks';

/** When a part is closed: what a kill may cost, against what beginning another costs. */
export interface PartLength {
  readonly frames: number;
  readonly milliseconds: number;
}

export const usualPart: PartLength = { frames: 48, milliseconds: 15_000 };

export interface PartOrder extends EncodeOrder {
  /** Every n-th frame is taken. */
  readonly every: number;
  readonly length: PartLength;
  draw(frame: FrameResult): Uint8Array;
}

/**
 * A video file, in parts: a file that an encoder has not finished is of no use and nothing can be added to it, so each
 * part is a video of its own that is finished every few seconds, and at the end they are joined without encoding again.
 */
export async function partSink(order: PartOrder, journal: ExportJournal): Promise<FrameSink> {
  const folder = join(journal.state, 'parts');
  await mkdir(folder, { recursive: true });
  const done = doneFrames(await keepWholeParts(folder, journal));
  return new PartSink(order, journal, { folder, done });
}

class PartSink implements FrameSink {
  readonly done: number;
  readonly #order: PartOrder;
  readonly #journal: ExportJournal;
  readonly #folder: string;
  #writer: { readonly part: string; readonly to: FrameWriter; readonly began: number } | null = null;
  #frames = 0;

  constructor(order: PartOrder, journal: ExportJournal, found: { readonly folder: string; readonly done: number }) {
    this.#order = order;
    this.#journal = journal;
    this.#folder = found.folder;
    this.done = found.done;
  }

  readonly isDone = (frame: number): boolean => frame / this.#order.every < this.done;

  async take(frame: FrameResult): Promise<void> {
    const writer = (this.#writer ??= this.#begin());
    await this.#orGone(writer.to.write(this.#order.draw(frame)));
    this.#frames += 1;
    const { frames, milliseconds } = this.#order.length;
    if (this.#frames >= frames && performance.now() - writer.began >= milliseconds) await this.#end();
  }

  async finish(): Promise<string> {
    await this.#end();
    const { out, ffmpeg } = this.#order;
    const { output } = this.#journal;
    await output.check();
    const parts = this.#journal.records.filter(isPart).map(({ part }) => join(this.#folder, part));
    const whole = `${output.temporaryFile()}${extname(out)}`;
    await joinParts(ffmpeg, parts, { list: join(this.#folder, 'parts.txt'), out: whole });
    await output.move(whole, out);
    return out;
  }

  async abort(): Promise<void> {
    const writer = this.#writer;
    this.#writer = null;
    writer?.to.abort();
    if (writer !== null) await rm(join(this.#folder, writer.part), { force: true }).catch(() => undefined);
  }

  #begin(): { part: string; to: FrameWriter; began: number } {
    const part = partName(this.#journal, extname(this.#order.out));
    const to = encodeFrames({ ...this.#order, out: join(this.#folder, part) });
    return { part, to, began: performance.now() };
  }

  async #end(): Promise<void> {
    if (this.#writer === null) return;
    const { part, to } = this.#writer;
    await this.#orGone(to.finish());
    this.#writer = null;
    const hash = await fileHash(join(this.#folder, part));
    if (hash === null) await this.#journal.output.check();
    await this.#journal.add({ part, frames: this.#frames, hash: hash ?? '' });
    this.#frames = 0;
  }

  /** An encoder only knows that it cannot write; that the folder is gone says more. */
  async #orGone(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      await this.#journal.output.check();
      throw error;
    }
  }
}

/** A name of its own: the encoder of a killed start may still be at work on its last part. */
export function partName({ records }: ExportJournal, ending: string): string {
  return `${String(records.length).padStart(5, '0')}-${randomBytes(3).toString('hex')}${ending}`;
}

/** The parts that are as they were written, in order. All others are forgotten, and their files go. */
export async function keepWholeParts(folder: string, journal: ExportJournal): Promise<readonly PartRecord[]> {
  const kept = await wholeParts(folder, journal.records.filter(isPart));
  await journal.keep(kept);
  await removeOthers(folder, kept);
  return kept;
}

function isPart(record: object): record is PartRecord {
  return 'part' in record;
}

/** From the first one on that is not as it was written, frames would stand in the wrong place. */
async function wholeParts(folder: string, parts: readonly PartRecord[]): Promise<PartRecord[]> {
  const whole: PartRecord[] = [];
  for (const part of parts) {
    if ((await fileHash(join(folder, part.part))) !== part.hash) break;
    whole.push(part);
  }
  return whole;
}

async function removeOthers(folder: string, kept: readonly PartRecord[]): Promise<void> {
  const names = new Set(kept.map(({ part }) => part));
  for (const name of await readdir(folder)) {
    if (!names.has(name)) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

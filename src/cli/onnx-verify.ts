import type { Command } from 'commander';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PictureFile } from '../media/picture-file';
import type { OnnxModel } from '../onnx/model';
import { verifyModels } from '../onnx/verify';
import type { Verdict } from '../onnx/verify';
import { randomSamples, sampleSize } from '../onnx/verify/samples';
import type { Sample, SampleSize } from '../onnx/verify/samples';
import { AppError } from '../shared/app-error';
import { exitCodes } from './cli-io';
import { contextOf } from './context';
import { withModel } from './onnx-inspect';
import type { SizeOptions } from './onnx-inspect';
import type { Terminal } from './terminal';
import { usageError } from './terminal';

interface VerifyCommandOptions extends SizeOptions {
  readonly images?: string;
  readonly random?: number;
  readonly tolerance: number;
  readonly layers?: boolean;
  readonly json?: boolean;
}

export async function verifyCommand(
  path: string,
  otherPath: string,
  options: VerifyCommandOptions,
  command: Command,
): Promise<void> {
  const context = contextOf(command);
  const { terminal, io, signal } = context;
  if (options.images !== undefined && options.random !== undefined) {
    throw usageError('--images and --random say different things.', 'Give one of them.');
  }
  const images = options.images === undefined ? undefined : resolve(io.cwd, options.images);
  const verdict = await withModel(context, path, (reference) =>
    withModel(context, otherPath, (other) => {
      const size = commonSize(reference, other, options);
      return verifyModels(reference, other, {
        samples: images === undefined ? randomSamples(options.random ?? 2, size) : pictures(images, size),
        tolerance: { relative: options.tolerance },
        findDivergence: options.layers === true,
        signal,
        onSample: (label) => (options.json === true ? undefined : terminal.note(label)),
      });
    }),
  );
  if (options.json === true) terminal.json(verdict);
  else describeVerdict(terminal, verdict);
  if (!verdict.isEqual) context.fail(exitCodes.someFailed);
}

/** A size that one of the models fixes holds for both. */
function commonSize(reference: OnnxModel, other: OnnxModel, options: SizeOptions): SampleSize {
  return sampleSize(reference, sampleSize(other, options));
}

/** The pictures of a folder at one size, in the order of their names. @throws FOLDER_WITHOUT_PICTURES */
export async function* pictures(folder: string, size: SampleSize): AsyncGenerator<Sample> {
  const names = readdirSync(folder)
    .filter((name) => /\.(jpe?g|png|webp|bmp|tiff?|gif|avif)$/i.test(name))
    .sort();
  if (names.length === 0) {
    throw new AppError('FOLDER_WITHOUT_PICTURES', `There are no pictures in ${folder}.`, {
      hint: 'Name a folder that holds pictures, or use --random.',
    });
  }
  for (const name of names) {
    const picture = await PictureFile.open({ path: join(folder, name) });
    const frame = await picture.read({ width: size.width, height: size.height, resample: 'bilinear' });
    yield { label: name, width: frame.width, height: frame.height, pixels: toRgb(frame.pixels, frame.channels) };
  }
}

function toRgb(pixels: Uint8Array, channels: 3 | 4): Uint8Array {
  if (channels === 3) return pixels;
  const rgb = new Uint8Array((pixels.length / 4) * 3);
  for (let pixel = 0; pixel < pixels.length / 4; pixel += 1) {
    rgb.set(pixels.subarray(pixel * 4, pixel * 4 + 3), pixel * 3);
  }
  return rgb;
}

export function describeVerdict(terminal: Terminal, verdict: Verdict): void {
  for (const { output, difference, mismatch } of verdict.outputs) {
    if (mismatch !== undefined) {
      terminal.line(`${output}: other shapes, ${mismatch}`);
      continue;
    }
    if (difference === undefined) {
      terminal.line(`${output}: logits against classes; only classes can be compared`);
      continue;
    }
    const { maxAbsolute, meanAbsolute, maxRelative, meanRelative, cosine, notFinite } = difference;
    terminal.line(
      `${output}: difference at most ${short(maxAbsolute)} (${short(maxRelative)} of the largest value), ` +
        `on average ${short(meanAbsolute)} (${short(meanRelative)}), cosine ${cosine.toFixed(7)}`,
    );
    if (notFinite > 0) terminal.warning(`${output}: ${notFinite} values are infinite or no number in one model only`);
  }
  const { pixelAgreement, divergence, tolerance, samples } = verdict;
  if (pixelAgreement !== undefined) terminal.line(`pixels with the same class: ${(pixelAgreement * 100).toFixed(4)} %`);
  if (divergence !== undefined) {
    terminal.line(
      `first layer that differs: ${divergence.opType} ${divergence.node}, ` +
        `${short(divergence.difference.maxRelative)} of the largest value of ${divergence.value}`,
    );
  }
  const word = verdict.isEqual ? terminal.paint('green', 'equal') : terminal.paint('red', 'not equal');
  terminal.line(`${word} within ${short(tolerance.relative)}, on ${samples.length} pictures`);
}

function short(value: number): string {
  return value === 0 ? '0' : value.toExponential(2);
}

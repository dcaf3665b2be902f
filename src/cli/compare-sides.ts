import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../shared/app-error';
import type { ComparisonSide } from '../shared/domain/comparison';
import { FEWEST_SIDES, MOST_SIDES } from '../shared/domain/comparison';
import { chooseModel } from './choose-model';
import type { CliContext } from './context';
import type { LocalStudio } from './open-studio';

export interface SideFlags {
  readonly engines?: readonly string[];
  readonly model?: string;
  readonly masks?: string;
  readonly reference?: string;
}

export interface ChosenSides {
  readonly sides: ComparisonSide[];
  readonly reference: number;
  /** Takes models that were only named by their paths out of the library again. */
  release(): Promise<void>;
}

/** A side with the word that the user named it by. */
interface Named {
  readonly word: string;
  readonly side: ComparisonSide;
}

/**
 * The model first, since it is the usual reference, then what `--engines` names (ids of engines, models of the library,
 * ONNX files), then the drawn masks.
 *
 * @throws AppError COMPARE_TOO_FEW_SIDES, COMPARE_TOO_MANY_SIDES, COMPARE_REFERENCE_UNKNOWN, and what choosing throws
 */
export async function chooseSides(studio: LocalStudio, context: CliContext, flags: SideFlags): Promise<ChosenSides> {
  const { model, masks, reference, engines = [] } = flags;
  checkCount([model, masks].filter((each) => each !== undefined).length + engines.length);
  const releases: (() => Promise<void>)[] = [];
  const release = async (): Promise<void> => {
    for (const each of releases.splice(0)) await each();
  };
  const asModel = async (word: string): Promise<Named> => {
    const chosen = await chooseModel(studio, context, word);
    releases.push(() => chosen.release());
    return { word, side: { kind: 'model', modelId: chosen.model.id, runtime: 'onnxruntime' } };
  };
  try {
    const models = new Set((await studio.call('models.list', {})).map(({ id }) => id));
    const isModel = (word: string): boolean => models.has(word) || isFile(context, word);
    const named: Named[] = model === undefined ? [] : [await asModel(model)];
    for (const word of engines) {
      named.push(isModel(word) ? await asModel(word) : { word, side: { kind: 'engine', engineId: word } });
    }
    if (masks !== undefined) {
      named.push({ word: 'masks', side: { kind: 'masks', directory: resolve(context.io.cwd, masks) } });
    }
    return { sides: named.map(({ side }) => side), reference: referenceOf(named, reference), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** An ONNX file or a folder with one; an engine's id looks like neither. */
function isFile({ io }: CliContext, word: string): boolean {
  return /[\\/]|\.onnx$/i.test(word) || existsSync(resolve(io.cwd, word));
}

function referenceOf(named: readonly Named[], wanted: string | undefined): number {
  if (wanted === undefined) return 0;
  const index = named.findIndex(({ word }) => word === wanted);
  if (index >= 0) return index;
  throw new AppError('COMPARE_REFERENCE_UNKNOWN', `The reference "${wanted}" is none of the sides.`, {
    hint: `Name one of ${named.map(({ word }) => word).join(', ')}.`,
    details: { reference: wanted },
  });
}

/** The studio says the same; here it is said before anything is opened, and with this shell's remedy. */
function checkCount(sides: number): void {
  if (sides < FEWEST_SIDES) {
    throw new AppError('COMPARE_TOO_FEW_SIDES', 'There is nothing to compare with: name at least two sides.', {
      hint: 'Use --engines A,B, or add --model MODEL for the model on ONNX Runtime, or --masks FOLDER for drawn masks.',
      details: { sides },
    });
  }
  if (sides <= MOST_SIDES) return;
  throw new AppError('COMPARE_TOO_MANY_SIDES', `${sides} sides were named; at most ${MOST_SIDES} can be compared.`, {
    hint: 'Leave some out.',
    details: { sides, most: MOST_SIDES },
  });
}

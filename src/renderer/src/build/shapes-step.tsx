import { useTranslation } from 'react-i18next';
import type { ImageShapeRange } from '../../../shared/domain/engine';
import { isStatic } from '../../../shared/domain/engine';
import type { ModelSummary } from '../../../shared/domain/model';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import type { BuildDraft, ShapeDraft, ShapeKey } from './build-draft';
import { shapeProblem, shapesOf, sizeOf, withShapes } from './build-draft';
import { buildStore, changeDraft, setBuild, useBuild } from './build-store';
import { Choices, Warning } from './choice';
import { MemoryNeed } from './memory-need';
import shapesStyles from './shapes-step.module.css';
import styles from './wizard.module.css';

/** Transformers of this kind halve the picture five times. */
const LIKED_MULTIPLE = 32;

interface ShapesProps {
  readonly model: ModelSummary;
  readonly runtimes: LoadedRuntimes;
}

/** Sizes and batches that the engine takes. */
export function ShapesStep({ model, runtimes }: ShapesProps) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const choices = (['model', 'static', 'range'] as const).map((value) => ({
    value,
    title: t(`build.shapes.${value}.title`),
    text: t(`build.shapes.${value}.text`),
  }));
  const choose = (shapes: BuildDraft['shapes']): void =>
    setBuild({ draft: withShapes(buildStore.getState().draft, shapes, model) });
  const shapes = shapesOf(draft, model);
  return (
    <>
      <Choices label={t('build.shapes.label')} value={draft.shapes} choices={choices} onChange={choose} />
      {draft.shapes === 'static' && <ShapeTable draft={draft} keys={['opt']} />}
      {draft.shapes === 'range' && <ShapeTable draft={draft} keys={['min', 'opt', 'max']} />}
      <Outcome draft={draft} shapes={shapes} />
      {shapes !== null && <MemoryNeed model={model} draft={draft} shapes={shapes} runtimes={runtimes} />}
    </>
  );
}

function ShapeTable({ draft, keys }: { readonly draft: BuildDraft; readonly keys: readonly ShapeKey[] }) {
  const { t } = useTranslation();
  return (
    <table className={shapesStyles.table}>
      <thead>
        <tr>
          <th scope="col">{t('build.shapes.label')}</th>
          <th scope="col">{t('build.shapes.batch')}</th>
          <th scope="col">{t('models.height')}</th>
          <th scope="col">{t('models.width')}</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key}>
            <th scope="row">{t(keys.length === 1 ? 'build.shapes.only' : `build.shapes.${key}`)}</th>
            {(['batch', 'height', 'width'] as const).map((part) => (
              <td key={part}>
                <Cell draft={draft} shape={key} part={part} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps {
  readonly draft: BuildDraft;
  readonly shape: ShapeKey;
  readonly part: keyof ShapeDraft;
}

function Cell({ draft, shape, part }: CellProps) {
  const { t } = useTranslation();
  const value = draft[shape][part];
  const name = part === 'batch' ? t('build.shapes.batch') : t(`models.${part}`);
  return (
    <input
      className={shapesStyles.input}
      aria-label={`${t(`build.shapes.${shape}`)}: ${name}`}
      aria-invalid={sizeOf(value) === null || isOutOfOrder(draft, shape, part)}
      inputMode="numeric"
      spellCheck={false}
      value={value}
      onChange={(event) => changeDraft({ [shape]: { ...draft[shape], [part]: event.target.value } })}
    />
  );
}

function isOutOfOrder(draft: BuildDraft, shape: ShapeKey, part: keyof ShapeDraft): boolean {
  if (draft.shapes !== 'range') return false;
  const [low, middle, high] = [sizeOf(draft.min[part]), sizeOf(draft.opt[part]), sizeOf(draft.max[part])];
  if (low === null || middle === null || high === null) return false;
  if (shape === 'min') return low > middle;
  return shape === 'max' ? high < middle : false;
}

function Outcome({ draft, shapes }: { readonly draft: BuildDraft; readonly shapes: ImageShapeRange | null }) {
  const { t } = useTranslation();
  const problem = shapeProblem(draft);
  if (problem !== null || shapes === null) {
    return (
      <p role="alert">
        <Warning>{t(problem === 'order' ? 'build.shapes.order' : 'build.shapes.number')}</Warning>
      </p>
    );
  }
  const { max } = shapes;
  const uneven = [shapes.min, shapes.opt, max].some(
    ({ height, width }) => height % LIKED_MULTIPLE !== 0 || width % LIKED_MULTIPLE !== 0,
  );
  return (
    <div className={styles.group}>
      <p>{shapeSummary(shapes)}</p>
      <p className={styles.soft}>{t(isStatic(shapes) ? 'build.shapes.isStatic' : 'build.shapes.isRange')}</p>
      {uneven && <Warning>{t('build.shapes.uneven', { multiple: String(LIKED_MULTIPLE) })}</Warning>}
    </div>
  );
}

/** `1 × 512 × 512`, or three of them. */
export function shapeSummary(shapes: ImageShapeRange): string {
  const text = ({ batch, height, width }: ImageShapeRange['opt']): string => `${batch} × ${height} × ${width}`;
  const { min, opt, max } = shapes;
  return isStatic(shapes) ? text(opt) : [min, opt, max].map(text).join(' … ');
}

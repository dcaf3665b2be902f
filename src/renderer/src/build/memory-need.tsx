import { useTranslation } from 'react-i18next';
import type { ImageShape, ImageShapeRange } from '../../../shared/domain/engine';
import { isStatic } from '../../../shared/domain/engine';
import type { MemoryEstimate } from '../../../shared/domain/engine-kept';
import type { ModelSummary } from '../../../shared/domain/model';
import { useFormat } from '../format/use-format';
import { ErrorCard } from '../notices/error-card';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import type { BuildDraft } from './build-draft';
import { roughOrderOf } from './build-draft';
import report from './verification-report.module.css';
import { precisionOf, runtimeOf } from './runtime-choice';
import { useAnswer } from './use-answer';
import styles from './wizard.module.css';

interface MemoryProps {
  readonly model: ModelSummary;
  readonly draft: BuildDraft;
  readonly shapes: ImageShapeRange;
  readonly runtimes: LoadedRuntimes;
}

/** What the network itself will hold, computed from its shapes. */
export function MemoryNeed({ model, draft, shapes, runtimes }: MemoryProps) {
  const { t } = useTranslation();
  const library = runtimes.kind === 'library' ? runtimes.library : null;
  const family = library === null ? null : (runtimeOf(library, draft)?.family ?? null);
  const precision = precisionOf(draft, family);
  const order = roughOrderOf(draft);
  const settled =
    order === null || order.recipe !== undefined
      ? order
      : { ...order, precision, ...(family === null ? {} : { runtime: family }) };
  const [answer] = useAnswer('engines.estimate', settled === null ? null : { modelId: model.id, order: settled });
  const { value, busy, error } = answer;
  return (
    <section className={styles.group} aria-label={t('build.memory.title')} aria-busy={busy}>
      <h3 className={styles.heading}>{t('build.memory.title')}</h3>
      {error !== null && <ErrorCard error={error} subject={model.name} />}
      {value === null && busy && <div className={styles.skeleton} />}
      {value !== null && <Figures estimate={value} shapes={shapes} />}
      <p className={styles.soft}>{t('build.memory.text', { precision: precision.toUpperCase() })}</p>
    </section>
  );
}

function Figures({ estimate, shapes }: { readonly estimate: MemoryEstimate; readonly shapes: ImageShapeRange }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { weightBytes, opt, max, unknown } = estimate;
  const rows = isStatic(shapes)
    ? ([[sizeText(shapes.max), max]] as const)
    : ([
        [`${t('build.shapes.opt')}: ${sizeText(shapes.opt)}`, opt],
        [`${t('build.shapes.max')}: ${sizeText(shapes.max)}`, max],
      ] as const);
  return (
    <>
      <table className={report.table}>
        <thead>
          <tr>
            <th scope="col">{t('build.shapes.label')}</th>
            <th scope="col">{t('build.memory.weights')}</th>
            <th scope="col">{t('build.memory.activations')}</th>
            <th scope="col">{t('build.memory.input')}</th>
            <th scope="col">{t('build.memory.sum')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, { activationBytes, inputBytes }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{format.bytes(weightBytes)}</td>
              <td>{format.bytes(activationBytes)}</td>
              <td>{format.bytes(inputBytes)}</td>
              <td>{format.bytes(weightBytes + activationBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {unknown > 0 && <p className={styles.soft}>{t('build.memory.unknown', { count: unknown })}</p>}
    </>
  );
}

function sizeText({ batch, height, width }: ImageShape): string {
  return `${batch} × ${height} × ${width}`;
}

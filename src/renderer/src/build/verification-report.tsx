import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EngineSummary } from '../../../shared/domain/engine';
import type { EngineVerification, VerifiedPicture } from '../../../shared/domain/verification';
import { compareEngine } from '../compare/open-compare';
import { useFormat } from '../format/use-format';
import { errorMessage } from '../notices/error-text';
import { select, usePictures } from '../state/pictures-store';
import { studio } from '../studio-client/studio';
import { FiguresTable } from './figures-table';
import { PictureTile, PictureTiles } from './picture-tile';
import styles from './verification-report.module.css';

interface ReportProps {
  readonly verification: EngineVerification;
  readonly engine: Pick<EngineSummary, 'id' | 'modelId'>;
}

/** Agreement with the reference, class by class, and the pictures that agree least. */
export function VerificationReport({ verification, engine }: ReportProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { agreement, reference, pictures, timings, worst, failures } = verification;
  const ms = (nanoseconds: number): string => `${format.milliseconds(nanoseconds)} ms`;
  return (
    <div className={styles.report}>
      <p role="status">
        <strong className={styles.figure}>{percent(agreement.pixelAgreement)}</strong>{' '}
        {t('build.verify.agreement', { reference: `${reference.runtime} ${reference.precision}`, count: pictures })}
      </p>
      <p className={styles.soft}>
        {t('build.verify.means', {
          iou: percent(agreement.meanIou),
          boundary: percent(agreement.meanBoundaryIou),
        })}{' '}
        {t('build.verify.times', { engine: ms(timings.engine.total), reference: ms(timings.reference.total) })}
      </p>
      {failures.length > 0 && (
        <p
          className={styles.warning}
          title={failures.map(({ name, ...error }) => `${name}: ${errorMessage(error)}`).join('\n')}
        >
          {t('frame.jobs.failures', { count: failures.length })}: {failures.map(({ name }) => name).join(', ')}
        </p>
      )}
      <Worst pictures={worst} engine={engine} at={verification.at} />
      <Classes verification={verification} />
    </div>
  );
}

function Classes({ verification: { agreement } }: { readonly verification: EngineVerification }) {
  const { t } = useTranslation();
  const format = useFormat();
  const classes = agreement.classes.filter(({ iou }) => iou !== null).sort((a, b) => (a.iou ?? 0) - (b.iou ?? 0));
  return (
    <FiguresTable
      label={t('build.verify.perClass')}
      columns={[
        t('build.verify.class'),
        t('build.verify.iou'),
        t('build.verify.boundaryIou'),
        t('build.verify.pixels'),
      ]}
    >
      {classes.map(({ id, name, iou, boundaryIou, referencePixels }) => (
        <tr key={id}>
          <th scope="row">{name}</th>
          <td>{percent(iou)}</td>
          <td>{percent(boundaryIou)}</td>
          <td>{format.integer(referencePixels)}</td>
        </tr>
      ))}
    </FiguresTable>
  );
}

const worstShown = 4;

interface WorstProps {
  readonly pictures: readonly VerifiedPicture[];
  readonly engine: Pick<EngineSummary, 'id' | 'modelId'>;
  /** When the comparison was made: another has other pictures. */
  readonly at: string;
}

function Worst({ pictures, engine, at }: WorstProps) {
  const { t } = useTranslation();
  const differences = useDifferences(engine.id, at);
  const shown = pictures.filter(({ agreement }) => agreement < 1).slice(0, worstShown);
  if (shown.length === 0) return null;
  return (
    <section className={styles.report} aria-label={t('build.verify.worst')}>
      <p className={styles.soft}>{t('build.verify.worstText')}</p>
      <PictureTiles label={t('build.verify.worst')} size="large">
        {shown.map((picture) => (
          <li key={picture.name}>
            <WorstPicture picture={picture} engine={engine} difference={differences.get(picture.name) ?? null} />
          </li>
        ))}
      </PictureTiles>
    </section>
  );
}

interface WorstPictureProps {
  readonly picture: VerifiedPicture;
  readonly engine: Pick<EngineSummary, 'id' | 'modelId'>;
  /** Address of the picture of what differs. */
  readonly difference: string | null;
}

/** A click lays both masks side by side, where the picture is on the film strip. */
function WorstPicture({ picture: { name, agreement }, engine, difference }: WorstPictureProps) {
  const { t } = useTranslation();
  const id = usePictures(({ order, items }) => order.find((each) => items[each]?.entry.name === name) ?? null);
  const open =
    id === null
      ? undefined
      : () => {
          select(id);
          compareEngine(engine);
        };
  return (
    <PictureTile address={difference} alt={t('build.verify.difference', { name })} name={name} onClick={open}>
      <span className={styles.soft}>{percent(agreement)}</span>
    </PictureTile>
  );
}

/** By the picture's name. */
function useDifferences(engineId: string, at: string): ReadonlyMap<string, string> {
  const [addresses, setAddresses] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    let made: string[] = [];
    let live = true;
    studio.call('engines.differences', { engineId }).then(
      (found) => {
        if (!live) return;
        const entries = found.map(({ name, mime, bytes }): [string, string] => {
          return [name, URL.createObjectURL(new Blob([bytes.slice()], { type: mime }))];
        });
        made = entries.map(([, address]) => address);
        setAddresses(new Map(entries));
      },
      // The names and figures stand without them.
      () => undefined,
    );
    return () => {
      live = false;
      made.forEach((address) => URL.revokeObjectURL(address));
    };
  }, [engineId, at]);
  return addresses;
}

/** Hundredths are kept: 99.99 is not 100. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const value = share * 100;
  return `${(value < 100 ? Math.min(value, 99.99) : 100).toFixed(2)} %`;
}

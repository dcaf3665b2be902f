import { useTranslation } from 'react-i18next';
import type { EngineVerification, VerifiedPicture } from '../../../shared/domain/verification';
import { useThumbnail } from '../film-strip/use-thumbnail';
import { useFormat } from '../format/use-format';
import { select, usePictures } from '../state/pictures-store';
import { enterMode } from '../modes/mode-store';
import styles from './verification-report.module.css';

/** Agreement with the reference, class by class, and the pictures that agree least. */
export function VerificationReport({ verification }: { readonly verification: EngineVerification }) {
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
        <p className={styles.warning}>
          {t('frame.jobs.failures', { count: failures.length })}: {failures.map(({ name }) => name).join(', ')}
        </p>
      )}
      <Worst pictures={worst} />
      <Classes verification={verification} />
    </div>
  );
}

function Classes({ verification: { agreement } }: { readonly verification: EngineVerification }) {
  const { t } = useTranslation();
  const format = useFormat();
  const classes = agreement.classes.filter(({ iou }) => iou !== null).sort((a, b) => (a.iou ?? 0) - (b.iou ?? 0));
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label={t('build.verify.perClass')}>
        <thead>
          <tr>
            <th scope="col">{t('build.verify.class')}</th>
            <th scope="col">{t('build.verify.iou')}</th>
            <th scope="col">{t('build.verify.boundaryIou')}</th>
            <th scope="col">{t('build.verify.pixels')}</th>
          </tr>
        </thead>
        <tbody>
          {classes.map(({ id, name, iou, boundaryIou, referencePixels }) => (
            <tr key={id}>
              <th scope="row">{name}</th>
              <td>{percent(iou)}</td>
              <td>{percent(boundaryIou)}</td>
              <td>{format.integer(referencePixels)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const worstShown = 4;

function Worst({ pictures }: { readonly pictures: readonly VerifiedPicture[] }) {
  const { t } = useTranslation();
  if (pictures.length === 0) return null;
  return (
    <ul className={styles.worst} aria-label={t('build.verify.worst')}>
      {pictures.slice(0, worstShown).map((picture) => (
        <li key={picture.name}>
          <WorstPicture picture={picture} />
        </li>
      ))}
    </ul>
  );
}

function WorstPicture({ picture: { name, agreement } }: { readonly picture: VerifiedPicture }) {
  const id = usePictures(({ order, items }) => order.find((each) => items[each]?.entry.name === name) ?? null);
  const text = (
    <>
      <span className={styles.name} title={name}>
        {name}
      </span>
      <span className={styles.soft}>{percent(agreement)}</span>
    </>
  );
  // A picture of a folder that is not on the strip is only named.
  if (id === null) return <div className={styles.picture}>{text}</div>;
  return (
    <button
      type="button"
      className={styles.picture}
      onClick={() => {
        select(id);
        enterMode('segment');
      }}
    >
      <Thumbnail pictureId={id} />
      {text}
    </button>
  );
}

function Thumbnail({ pictureId }: { readonly pictureId: string }) {
  const address = useThumbnail(pictureId);
  return typeof address === 'string' ? (
    <img className={styles.thumbnail} src={address} alt="" />
  ) : (
    <span className={styles.thumbnail} />
  );
}

/** Hundredths are kept: 99.99 is not 100. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const value = share * 100;
  return `${(value < 100 ? Math.min(value, 99.99) : 100).toFixed(2)} %`;
}

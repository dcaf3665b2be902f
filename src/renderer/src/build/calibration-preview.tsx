import { Check, ChevronRight } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { CalibrationPreview, QuantizedKind } from '../../../shared/domain/quantization';
import type { ErrorReport } from '../../../shared/app-error';
import type { Remedy } from '../notices/error-card';
import { ErrorCard } from '../notices/error-card';
import { errorMessage, warningText } from '../notices/error-text';
import { changeCalibration } from './build-store';
import type { CalibrationDraft } from './calibration-draft';
import styles from './calibration-preview.module.css';
import { missingKinds } from './chosen-kinds';
import { Warning } from './choice';
import fixes from './fixes-step.module.css';
import { kindsText } from './layer-kinds';
import { PictureTile, PictureTiles } from './picture-tile';
import type { Answer } from './use-answer';
import wizard from './wizard.module.css';

interface PreviewProps {
  readonly answer: Answer<CalibrationPreview>;
  readonly calibration: CalibrationDraft;
  /** Whether it is known where the ranges come from. */
  readonly settled: boolean;
  readonly retry: () => void;
}

/** What would be taken, what would be left out and why, and whether it was done before. */
export function CalibrationPreviewPanel({ answer: { busy, value, error }, calibration, settled, retry }: PreviewProps) {
  const { t } = useTranslation();
  const { source } = calibration;
  if (!settled && error === null) return null;
  const isFile = source === 'file';
  // Nothing found is what was answered before anything was chosen.
  const isAnswer = isFile || (value?.found ?? 0) > 0;
  const shown = settled && source !== 'recipe' && isAnswer ? value : null;
  return (
    <section className={wizard.group} aria-label={t('build.calibration.taken')} aria-busy={busy}>
      <h3 className={wizard.heading}>{t('build.calibration.taken')}</h3>
      {error !== null && <Failure error={error} calibration={calibration} retry={retry} />}
      {busy && (
        <p className={wizard.soft} role="status">
          {t('build.calibration.looking')}
        </p>
      )}
      {source === 'recipe' && <p className={wizard.soft}>{t('build.calibration.recipeText')}</p>}
      {shown !== null && <Taken preview={shown} isFile={isFile} />}
    </section>
  );
}

interface FailureProps extends Pick<PreviewProps, 'calibration' | 'retry'> {
  readonly error: ErrorReport;
}

/** Ranges that a calibration lacks are there once pictures are taken instead, and are not needed without those layers. */
function Failure({ error, calibration: { file, kinds }, retry }: FailureProps) {
  const { t } = useTranslation();
  const missing = missingKinds(error);
  const rest = kinds?.filter((kind) => !missing.includes(kind)) ?? [];
  const again = { label: t('common.retry'), run: retry };
  const others: Remedy[] = [
    { label: t('build.calibration.takeStrip'), run: () => changeCalibration({ source: 'strip' }) },
    ...(rest.length === 0
      ? []
      : [{ label: t('build.layers.leaveOut'), run: () => changeCalibration({ kinds: rest }) }]),
  ];
  const hint = t('build.layers.remedy');
  const told = missing.length === 0 ? error : { ...withKindsInWords(error, missing), hint };
  return (
    <ErrorCard error={file === null ? told : calledAs(told, file)} remedies={missing.length === 0 ? [again] : others} />
  );
}

function withKindsInWords(error: ErrorReport, missing: readonly QuantizedKind[]): ErrorReport {
  return { ...error, details: { ...error.details, kinds: kindsText(missing) } };
}

/** Of a file that the studio keeps under another name. */
function calledAs(error: ErrorReport, { path, name }: { readonly path: string; readonly name: string }): ErrorReport {
  const details = Object.entries(error.details ?? {}).map(
    ([key, value]) => [key, value === path ? name : value] as const,
  );
  return { ...error, message: error.message.replaceAll(path, name), details: Object.fromEntries(details) };
}

function Taken({ preview, isFile }: { readonly preview: CalibrationPreview; readonly isFile: boolean }) {
  const { t } = useTranslation();
  const { found, chosen, pictures, skipped, warnings } = preview;
  return (
    <>
      {!isFile && <p>{t('build.calibration.chosen', { count: chosen, found: String(found) })}</p>}
      <Kept preview={preview} isFile={isFile} />
      {pictures.length > 0 && <Thumbnails pictures={pictures} />}
      {skipped.length > 0 && <Skipped skipped={skipped} />}
      {warnings.map((warning) => (
        <Warning key={warning.code}>{warningText(warning)}</Warning>
      ))}
    </>
  );
}

function Kept({
  preview: { cached, done, chosen },
  isFile,
}: {
  readonly preview: CalibrationPreview;
  readonly isFile: boolean;
}) {
  const { t } = useTranslation();
  if (cached === 'none') return <p className={wizard.soft}>{t('build.calibration.new')}</p>;
  return (
    <p className={wizard.good}>
      <Check size={14} aria-hidden />
      <span>
        {isFile
          ? t('build.calibration.fits', { count: chosen })
          : cached === 'whole'
            ? t('build.calibration.found')
            : t('build.calibration.partly', { done: String(done), total: String(chosen) })}
      </span>
    </p>
  );
}

function Thumbnails({ pictures }: { readonly pictures: CalibrationPreview['pictures'] }) {
  const { t } = useTranslation();
  const addresses = useMemo(
    () =>
      pictures.flatMap(({ name, width, height, thumbnail }) =>
        thumbnail === null
          ? []
          : [
              {
                name,
                width,
                height,
                address: URL.createObjectURL(new Blob([thumbnail.bytes.slice()], { type: thumbnail.mime })),
              },
            ],
      ),
    [pictures],
  );
  useEffect(() => () => addresses.forEach(({ address }) => URL.revokeObjectURL(address)), [addresses]);
  const more = pictures.length - addresses.length;
  return (
    <PictureTiles label={t('build.calibration.taken')}>
      {addresses.map(({ name, width, height, address }) => (
        <li key={name}>
          <PictureTile address={address} alt={name} name={name} title={`${name} · ${width} × ${height}`} />
        </li>
      ))}
      {more > 0 && <li className={styles.more}>{t('build.fixes.more', { count: more })}</li>}
    </PictureTiles>
  );
}

function Skipped({ skipped }: { readonly skipped: CalibrationPreview['skipped'] }) {
  const { t } = useTranslation();
  return (
    <details className={fixes.pass} open={skipped.length <= 3}>
      <summary className={fixes.summary}>
        <ChevronRight size={14} aria-hidden className={fixes.chevron} />
        <span className={styles.skipped}>{t('build.calibration.skipped', { count: skipped.length })}</span>
      </summary>
      <ul className={fixes.findings}>
        {skipped.map(({ file, ...error }) => (
          <li key={file}>
            <code>{file}</code>
            <p className={wizard.soft}>{errorMessage(error)}</p>
          </li>
        ))}
      </ul>
    </details>
  );
}

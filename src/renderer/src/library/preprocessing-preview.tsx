import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ErrorReport } from '../../../shared/app-error';
import { isAbort, toErrorReport } from '../../../shared/app-error';
import type { Preprocessing } from '../../../shared/domain/model';
import { ErrorCard } from '../notices/error-card';
import { selectedItem, usePictures } from '../state/pictures-store';
import { studio } from '../studio-client/studio';
import styles from './preprocessing.module.css';

interface Preview {
  readonly address: string;
  readonly width: number;
  readonly height: number;
}

interface PreviewProps {
  readonly modelId: string;
  /** Null while the form is not complete. */
  readonly preprocessing: Preprocessing | null;
}

/** What the network would see of the selected picture, made anew a moment after each change. */
export function PreprocessingPreview({ modelId, preprocessing }: PreviewProps) {
  const { t } = useTranslation();
  const picture = usePictures((state) => selectedItem(state)?.entry ?? null);
  const { preview, error } = usePreview(modelId, picture?.id ?? null, preprocessing);
  return (
    <figure className={styles.preview}>
      <div className={styles.frame}>
        {preview !== null && <img className={styles.image} src={preview.address} alt={t('models.previewAlt')} />}
        {picture === null && <p className={styles.hint}>{t('models.previewNoPicture')}</p>}
      </div>
      <figcaption className={styles.caption}>
        {preprocessing === null
          ? t('models.previewIncomplete')
          : preview === null
            ? t('common.loading')
            : t('models.previewOf', { name: picture?.name ?? '', size: `${preview.width}×${preview.height}` })}
      </figcaption>
      {error !== null && <ErrorCard error={error} />}
    </figure>
  );
}

const pauseMs = 120;

function usePreview(modelId: string, pictureId: string | null, preprocessing: Preprocessing | null) {
  const [preview, setPreview] = useState<Preview | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const key = JSON.stringify(preprocessing);
  useEffect(() => {
    const wanted = JSON.parse(key) as Preprocessing | null;
    if (wanted === null || pictureId === null) return;
    const controller = new AbortController();
    const timer = window.setTimeout(() => {
      studio
        .call('models.preview', { modelId, pictureId, preprocessing: wanted }, { signal: controller.signal })
        .then(({ png, width, height }) => {
          const address = URL.createObjectURL(new Blob([png.slice().buffer], { type: 'image/png' }));
          setPreview({ address, width, height });
          setError(null);
        })
        .catch((problem: unknown) => {
          if (!isAbort(problem)) setError(toErrorReport(problem));
        });
    }, pauseMs);
    return () => {
      window.clearTimeout(timer);
      controller.abort();
    };
  }, [modelId, pictureId, key]);
  // Each address lives as long as its picture is shown.
  useEffect(() => (preview === null ? undefined : () => URL.revokeObjectURL(preview.address)), [preview]);
  return { preview, error };
}

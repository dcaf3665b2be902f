import { useTranslation } from 'react-i18next';
import { formatShare } from '../legend/format-share';
import { selectedItem, selectedSegmentation, usePictures } from '../state/pictures-store';

const MOST_NAMED = 6;

/** What the picture shows, in words: for those who do not see it. */
export function CanvasDescription({ id }: { readonly id: string }) {
  const { t, i18n } = useTranslation();
  const name = usePictures((state) => selectedItem(state)?.entry.name ?? null);
  const segmentation = usePictures(selectedSegmentation);
  return (
    <p id={id} className="visually-hidden">
      {name === null
        ? t('canvas.describeNothing')
        : segmentation === null
          ? t('canvas.describePicture', { name })
          : t('canvas.describeMask', {
              name,
              width: String(segmentation.picture.width),
              height: String(segmentation.picture.height),
              classes: segmentation.classes
                .slice(0, MOST_NAMED)
                .map(({ label, share }) => `${label} ${formatShare(share, i18n.language)}`)
                .join(', '),
            })}
    </p>
  );
}

import { Box, Files, Film, Image } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { openPicked } from '../actions/open-files';
import { cx } from '../components/cx';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import styles from './drop-overlay.module.css';
import type { DragContent } from './drag-content';
import { contentOf } from './drag-content';

/** While files are dragged over the window: where each kind goes, and what will not be taken. */
export function DropOverlay() {
  const content = useFileDrag();
  if (content === null) return null;
  return content.refused ? <Refused /> : <Targets content={content} />;
}

function Targets({ content }: { readonly content: DragContent }) {
  const { t } = useTranslation();
  const { pictures, videos, unknown, others } = content;
  return (
    <div className={styles.overlay} role="status">
      <div className={styles.targets}>
        <Target
          active={pictures > 0 || unknown > 0}
          icon={<Image size={24} strokeWidth={1.5} aria-hidden />}
          title={t('pictures.drop.pictures')}
          text={pictures > 0 ? t('pictures.drop.pictureCount', { count: pictures }) : t('pictures.drop.picturesText')}
        />
        <Target
          active={videos > 0}
          icon={<Film size={24} strokeWidth={1.5} aria-hidden />}
          title={t('pictures.drop.videos')}
          text={t('pictures.drop.videosText')}
        />
        <Target
          active={unknown > 0}
          icon={<Box size={24} strokeWidth={1.5} aria-hidden />}
          title={t('pictures.drop.models')}
          text={t('pictures.drop.modelsText')}
        />
      </div>
      {others > 0 && <p className={styles.note}>{t('pictures.drop.others', { count: others })}</p>}
    </div>
  );
}

interface TargetProps {
  readonly active: boolean;
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: string;
}

function Target({ active, icon, title, text }: TargetProps) {
  return (
    <div className={cx(styles.target, active && styles.active)}>
      {icon}
      <strong className={styles.title}>{title}</strong>
      <span>{text}</span>
    </div>
  );
}

function Refused() {
  const { t } = useTranslation();
  return (
    <div className={styles.overlay} role="alert">
      <div className={cx(styles.target, styles.refused)}>
        <Files size={24} strokeWidth={1.5} aria-hidden />
        <strong className={styles.title}>{t('pictures.drop.refusedTitle')}</strong>
        <span>{t('pictures.drop.notFiles')}</span>
      </div>
    </div>
  );
}

/** What is dragged over the window, or null. Drops are carried out here. */
function useFileDrag(): DragContent | null {
  const [content, setContent] = useState<DragContent | null>(null);
  useEffect(() => {
    // Enter and leave come in pairs for every element the pointer passes.
    let depth = 0;
    const onEnter = (event: DragEvent): void => {
      depth += 1;
      if (depth === 1 && event.dataTransfer !== null) setContent(contentOf(event.dataTransfer));
    };
    const onLeave = (): void => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setContent(null);
    };
    const onOver = (event: DragEvent): void => {
      if (event.dataTransfer === null) return;
      event.preventDefault();
      const refused = contentOf(event.dataTransfer)?.refused ?? true;
      event.dataTransfer.dropEffect = refused ? 'none' : 'copy';
    };
    const onDrop = (event: DragEvent): void => {
      event.preventDefault();
      depth = 0;
      setContent(null);
      if (event.dataTransfer === null) return;
      shell
        .accept(event.dataTransfer)
        .then(openPicked)
        .catch((error: unknown) => reportError(error));
    };
    window.addEventListener('dragenter', onEnter);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('dragover', onOver);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragenter', onEnter);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('drop', onDrop);
    };
  }, []);
  return content;
}

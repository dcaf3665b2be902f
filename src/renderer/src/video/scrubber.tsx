import { useEffect, useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { formatTime } from './format-time';
import styles from './scrubber.module.css';
import { seekTo, stepBy } from './video-control';
import { positionStore, useVideo } from './video-store';
import type { VideoInfo } from './video-types';

/** The whole video as a line: where it is, and the part between the in and the out point. */
export function Scrubber({ info }: { readonly info: VideoInfo }) {
  const { t } = useTranslation();
  const slider = useRef<HTMLDivElement>(null);
  const last = Math.max(1, info.frameCount - 1);
  const inPoint = useVideo((state) => state.inPoint);
  const outPoint = useVideo((state) => Math.min(state.outPoint, last));
  const { framesPerSecond } = info;
  useEffect(() => {
    const write = ({ frame, seconds }: { frame: number; seconds: number }): void => {
      const element = slider.current;
      if (element === null) return;
      element.style.setProperty('--at', String(frame / last));
      element.setAttribute('aria-valuenow', String(frame));
      element.setAttribute('aria-valuetext', `${formatTime(seconds)}, ${t('video.frame')} ${frame}`);
    };
    write(positionStore.getState());
    return positionStore.subscribe(write);
  }, [last, t]);
  const frameAt = (event: PointerEvent<HTMLDivElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.round(Math.min(1, Math.max(0, (event.clientX - left) / width)) * last);
  };
  const style = { '--in': inPoint / last, '--out': outPoint / last } as React.CSSProperties;
  return (
    <div
      ref={slider}
      className={styles.scrubber}
      style={style}
      role="slider"
      tabIndex={0}
      aria-label={t('video.position')}
      aria-valuemin={0}
      aria-valuenow={0}
      aria-valuemax={last}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        seekTo(frameAt(event));
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seekTo(frameAt(event));
      }}
      onKeyDown={(event) => moveByKey(event, last, framesPerSecond)}
    >
      <span className={styles.track} />
      <span className={styles.range} />
      <span className={styles.done} />
      <span className={styles.thumb} />
    </div>
  );
}

/** Arrows step by frame, with shift by second. */
function moveByKey(event: KeyboardEvent, last: number, framesPerSecond: number): void {
  const step = event.shiftKey ? Math.max(1, Math.round(framesPerSecond)) : 1;
  const moves: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => stepBy(-step),
    ArrowDown: () => stepBy(-step),
    ArrowRight: () => stepBy(step),
    ArrowUp: () => stepBy(step),
    Home: () => seekTo(0),
    End: () => seekTo(last),
  };
  const move = moves[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  move();
}

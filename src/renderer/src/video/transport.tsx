import {
  ChartNoAxesColumn,
  Pause,
  Play,
  Repeat,
  SkipBack,
  SkipForward,
  SlidersHorizontal,
  TriangleAlert,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { runById, shortcutOf } from '../commands/registry';
import { IconButton } from '../components/button';
import { Popover } from '../components/popover';
import { Select } from '../components/select';
import { Tooltip } from '../components/tooltip';
import { useWindow } from '../state/window-store';
import { formatTime } from './format-time';
import { PlaySettings } from './play-settings';
import { Scrubber } from './scrubber';
import styles from './transport.module.css';
import { setVideoOptions, speeds } from './video-options';
import { noteText } from './video-notes';
import { positionStore, useVideo, type FramePosition } from './video-store';

/** Under the canvas while a video is open: where it is, and how it is played. */
export function Transport() {
  const { t } = useTranslation();
  const open = useVideo(({ video }) => (video.kind === 'open' ? video : null));
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => followPosition((position) => describe(root.current, position)), [open]);
  if (open === null) return null;
  return (
    <div ref={root} className={styles.transport} data-region="transport" role="group" aria-label={t('video.transport')}>
      {!open.isCamera && <Scrubber info={open.info} />}
      <div className={styles.row}>
        <PlayButtons isCamera={open.isCamera} />
        <Readout frameCount={open.info.frameCount} seconds={open.info.seconds} />
        <MaskNote />
        <span className={styles.space} />
        <Notes />
        <Dropped />
        {!open.isCamera && <Speed />}
        <PaceChoice />
        <Popover
          title={t('video.settings')}
          side="top"
          trigger={
            <IconButton label={t('video.settings')} side="top" icon={<SlidersHorizontal size={16} aria-hidden />} />
          }
        >
          <PlaySettings />
        </Popover>
        <LatencyToggle />
      </div>
    </div>
  );
}

function followPosition(write: (position: FramePosition) => void): () => void {
  write(positionStore.getState());
  return positionStore.subscribe(write);
}

/** For scripts that drive the window, and for those who look into it. */
function describe(root: HTMLElement | null, position: FramePosition): void {
  if (root === null) return;
  const said = {
    frame: String(position.frame),
    maskFrame: String(position.maskFrame ?? ''),
    inFlight: String(position.inFlight),
    mostInFlight: String(position.mostInFlight),
  };
  // What is written is heard of, even where it says the same.
  for (const [name, value] of Object.entries(said)) if (root.dataset[name] !== value) root.dataset[name] = value;
}

function PlayButtons({ isCamera }: { readonly isCamera: boolean }) {
  const { t } = useTranslation();
  const playing = useVideo((state) => state.playing);
  const loop = useVideo((state) => state.options.loop);
  const Icon = playing ? Pause : Play;
  const button = (id: string, label: string, icon: React.ReactNode) => (
    <IconButton side="top" label={label} shortcut={shortcutOf(id)} icon={icon} onClick={() => runById(id)} />
  );
  return (
    <>
      {!isCamera &&
        button('video-previous-frame', t('commands.videoPreviousFrame'), <SkipBack size={16} aria-hidden />)}
      {button('video-play', playing ? t('video.pause') : t('video.play'), <Icon size={18} aria-hidden />)}
      {!isCamera && button('video-next-frame', t('commands.videoNextFrame'), <SkipForward size={16} aria-hidden />)}
      {!isCamera && (
        <IconButton
          side="top"
          label={t('commands.videoLoop')}
          pressed={loop}
          icon={<Repeat size={16} aria-hidden />}
          onClick={() => runById('video-loop')}
        />
      )}
    </>
  );
}

/** Time and frame, written without rendering. */
function Readout({ frameCount, seconds }: { readonly frameCount: number; readonly seconds: number }) {
  const { t } = useTranslation();
  const time = useRef<HTMLSpanElement>(null);
  const number = useRef<HTMLElement>(null);
  useEffect(
    () =>
      followPosition((position) => {
        if (time.current !== null) time.current.textContent = formatTime(position.seconds);
        if (number.current !== null) number.current.textContent = String(position.frame);
      }),
    [],
  );
  return (
    <span className={styles.readout}>
      <span className={styles.time}>
        <span ref={time} /> {seconds > 0 && <span className={styles.soft}>/ {formatTime(seconds)}</span>}
      </span>
      <span className={styles.frame}>
        {t('video.frame')} <b ref={number} data-testid="frame-number" />
        {frameCount > 0 && <span className={styles.soft}> / {frameCount - 1}</span>}
      </span>
    </span>
  );
}

/** Only where the mask belongs to an earlier frame, or is still being computed. */
function MaskNote() {
  const { t } = useTranslation();
  const slot = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      followPosition(({ frame, maskFrame }) => {
        if (slot.current === null) return;
        slot.current.textContent =
          maskFrame === null
            ? t('video.maskPending')
            : maskFrame === frame
              ? ''
              : t('video.maskOf', { frame: String(maskFrame) });
      }),
    [t],
  );
  return <span ref={slot} className={styles.maskNote} data-testid="mask-note" />;
}

function Notes() {
  const { t } = useTranslation();
  const notes = useVideo(({ video }) => (video.kind === 'open' ? video.info.notes : null));
  if (notes === null || notes.length === 0) return null;
  const serious = notes.some(({ kind }) => kind === 'truncated');
  const text = notes.map((note) => noteText(t, note)).join(' ');
  return (
    <Tooltip text={text} side="top">
      <span className={styles.notes} role="note" tabIndex={0} aria-label={text}>
        {serious && <TriangleAlert size={14} aria-hidden />}
        {serious ? t('video.truncatedShort') : t('frame.notes', { count: notes.length })}
      </span>
    </Tooltip>
  );
}

function Dropped() {
  const { t } = useTranslation();
  const dropped = useVideo((state) => state.dropped);
  const pace = useVideo((state) => state.options.pace);
  if (pace === 'every' && dropped === 0) return null;
  return (
    <Tooltip text={t('video.droppedHint')} side="top">
      <span className={styles.dropped} tabIndex={0} data-testid="dropped">
        {t('video.dropped', { count: dropped })}
      </span>
    </Tooltip>
  );
}

function Speed() {
  const { t } = useTranslation();
  const speed = useVideo((state) => state.options.speed);
  return (
    <span className={styles.speed}>
      <Select
        label={t('video.speed')}
        value={String(speed)}
        options={speeds.map((value) => ({ value: String(value), label: `${value}×` }))}
        onChange={(value) => setVideoOptions({ speed: Number(value) })}
      />
    </span>
  );
}

function PaceChoice() {
  const { t } = useTranslation();
  const pace = useVideo((state) => state.options.pace);
  return (
    <span className={styles.pace}>
      <Select
        label={t('video.pace')}
        value={pace}
        options={[
          { value: 'drop', label: t('video.paces.drop') },
          { value: 'every', label: t('video.paces.every') },
        ]}
        onChange={(value) => setVideoOptions({ pace: value })}
      />
    </span>
  );
}

function LatencyToggle() {
  const { t } = useTranslation();
  const open = useWindow((state) => state.latencyOpen);
  return (
    <IconButton
      side="top"
      label={t('commands.toggleLatency')}
      shortcut={shortcutOf('toggle-latency')}
      pressed={open}
      icon={<ChartNoAxesColumn size={16} aria-hidden />}
      onClick={() => runById('toggle-latency')}
    />
  );
}

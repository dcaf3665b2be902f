import { setVideoOptions } from '../video/video-options';
import { positionStore, videoStore } from '../video/video-store';
import { modeStore } from '../modes/mode-store';
import { windowStore } from '../state/window-store';
import type { Command } from './command';

type Control = typeof import('../video/video-control');

const isOpen = (): boolean => modeStore.getState().mode === 'video' && videoStore.getState().video.kind === 'open';
/** A camera has no frames to go back to. */
const isFile = (): boolean => {
  const { video } = videoStore.getState();
  return isOpen() && video.kind === 'open' && !video.isCamera;
};

/** The player is loaded with the first video, not with the window. */
function withControl(act: (control: Control) => void): () => Promise<void> {
  return async () => act(await import('../video/video-control'));
}

function lastFrame(): number {
  const { video } = videoStore.getState();
  return video.kind === 'open' ? video.info.frameCount - 1 : 0;
}

function secondsAway(seconds: number): number {
  const { video } = videoStore.getState();
  const rate = video.kind === 'open' ? video.info.framesPerSecond : 0;
  return Math.round(positionStore.getState().frame + seconds * rate);
}

const file = { group: 'video', when: isFile } as const;

export const videoCommands: readonly Command[] = [
  {
    id: 'video-play',
    group: 'video',
    title: 'commands.videoPlay',
    shortcuts: ['Space', 'K'],
    when: isOpen,
    run: withControl((control) => control.playOrPause()),
  },
  {
    ...file,
    id: 'video-next-frame',
    title: 'commands.videoNextFrame',
    shortcuts: ['ArrowRight', '.'],
    run: withControl((control) => control.stepBy(1)),
  },
  {
    ...file,
    id: 'video-previous-frame',
    title: 'commands.videoPreviousFrame',
    shortcuts: ['ArrowLeft', ','],
    run: withControl((control) => control.stepBy(-1)),
  },
  {
    ...file,
    id: 'video-forward',
    title: 'commands.videoForward',
    shortcuts: ['L'],
    run: withControl((control) => control.seekTo(secondsAway(1))),
  },
  {
    ...file,
    id: 'video-back',
    title: 'commands.videoBack',
    shortcuts: ['J'],
    run: withControl((control) => control.seekTo(secondsAway(-1))),
  },
  {
    ...file,
    id: 'video-first-frame',
    title: 'commands.videoFirstFrame',
    shortcuts: ['Home'],
    run: withControl((control) => control.seekTo(0)),
  },
  {
    ...file,
    id: 'video-last-frame',
    title: 'commands.videoLastFrame',
    shortcuts: ['End'],
    run: withControl((control) => control.seekTo(lastFrame())),
  },
  {
    ...file,
    id: 'video-mark-in',
    title: 'commands.videoMarkIn',
    shortcuts: ['I'],
    run: withControl((control) => control.markIn()),
  },
  {
    ...file,
    id: 'video-mark-out',
    title: 'commands.videoMarkOut',
    shortcuts: ['U'],
    run: withControl((control) => control.markOut()),
  },
  {
    ...file,
    id: 'video-clear-marks',
    title: 'commands.videoClearMarks',
    run: withControl((control) => control.clearMarks()),
  },
  {
    ...file,
    id: 'video-loop',
    title: 'commands.videoLoop',
    run: () => setVideoOptions({ loop: !videoStore.getState().options.loop }),
  },
  {
    id: 'toggle-latency',
    group: 'view',
    title: 'commands.toggleLatency',
    shortcuts: ['T'],
    run: () => windowStore.setState((state) => ({ latencyOpen: !state.latencyOpen })),
  },
];

import { createStore, useStore } from 'zustand';
import type { ErrorReport } from '../../../shared/app-error';
import type { Pace } from './player';
import type { VideoInfo } from './video-types';

export type OpenedVideo =
  | { readonly kind: 'none' }
  /** `progress` is 0–1 while the times of its frames are read. */
  | { readonly kind: 'opening'; readonly pictureId: string; readonly name: string; readonly progress: number }
  | {
      readonly kind: 'open';
      readonly pictureId: string;
      readonly name: string;
      readonly info: VideoInfo;
      readonly isCamera: boolean;
    }
  | { readonly kind: 'failed'; readonly pictureId: string; readonly name: string; readonly error: ErrorReport };

/** How videos are played; remembered between starts. */
export interface VideoOptions {
  readonly pace: Pace;
  readonly every: number;
  readonly smoothing: number;
  readonly hold: boolean;
  readonly loop: boolean;
  readonly speed: number;
}

export interface VideoState {
  readonly video: OpenedVideo;
  readonly playing: boolean;
  readonly options: VideoOptions;
  /** First and last frame that are played. */
  readonly inPoint: number;
  readonly outPoint: number;
  /** Frames that the engine had no time for since the video was opened or last jumped. */
  readonly dropped: number;
  /** What stopped the playing, if anything did; the video stays open. */
  readonly trouble: ErrorReport | null;
}

export const defaultOptions: VideoOptions = {
  pace: 'drop',
  every: 1,
  smoothing: 1,
  hold: false,
  loop: true,
  speed: 1,
};

export const videoStore = createStore<VideoState>(() => ({
  video: { kind: 'none' },
  playing: false,
  options: defaultOptions,
  inPoint: 0,
  outPoint: Number.MAX_SAFE_INTEGER,
  dropped: 0,
  trouble: null,
}));

export function useVideo<T>(select: (state: VideoState) => T): T {
  return useStore(videoStore, select);
}

/** Changes with every frame: the transport writes it to the screen without rendering. */
export interface FramePosition {
  readonly frame: number;
  readonly seconds: number;
  /** Frame whose mask is over it; null while there is none. */
  readonly maskFrame: number | null;
  /** Frames at the engine now, and the most there ever were. */
  readonly inFlight: number;
  readonly mostInFlight: number;
}

export const positionStore = createStore<FramePosition>(() => ({
  frame: 0,
  seconds: 0,
  maskFrame: null,
  inFlight: 0,
  mostInFlight: 0,
}));

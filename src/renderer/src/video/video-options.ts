import { z } from 'zod';
import { defaultOptions, videoStore, type VideoOptions } from './video-store';

const key = 'maskforge.video';
const optionsSchema = z.object({
  pace: z.enum(['drop', 'every']),
  every: z.int().min(1).max(30),
  smoothing: z.int().min(1).max(9),
  hold: z.boolean(),
  loop: z.boolean(),
  speed: z.number().min(0.1).max(8),
});

export const speeds = [0.25, 0.5, 1, 1.5, 2, 4] as const;

/** What the last start left; what is damaged is as if it was never set. */
export function rememberedOptions(): VideoOptions {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(key) ?? '{}');
    return optionsSchema.parse({ ...defaultOptions, ...(typeof stored === 'object' ? stored : {}) });
  } catch {
    return defaultOptions;
  }
}

export function setVideoOptions(change: Partial<VideoOptions>): void {
  const options = { ...videoStore.getState().options, ...change };
  videoStore.setState({ options });
  window.localStorage.setItem(key, JSON.stringify(options));
}

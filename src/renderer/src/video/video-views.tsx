import type { ModeViews } from '../modes/mode-list';
import { Transport } from './transport';
import { followVideos } from './video-control';
import { VideoOver } from './video-over';

followVideos();

export const videoViews: ModeViews = { Over: VideoOver, Under: Transport };

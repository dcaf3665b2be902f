import { studio } from '../studio-client/studio';
import { openCamera } from './camera';
import { openVideoFile } from './file-video';
import { CAMERA_ID, localVideo } from './local-videos';
import type { FrameSource } from './video-types';

/** Opens the video of a film strip's item: a file of this window's, a file of the studio's, or the camera. */
export function openSource(
  id: string,
  name: string,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<FrameSource> {
  if (id === CAMERA_ID) return openCamera(name);
  const content =
    localVideo(id) ?? ((start: number, end: number) => studio.call('video.read', { pictureId: id, start, end }));
  return openVideoFile({ name, content, signal, onProgress });
}

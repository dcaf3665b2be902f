import { describe, expect, it } from 'vitest';
import { factsOf } from './probe-video';

const plain = {
  codec_name: 'h264',
  width: 1280,
  height: 720,
  pix_fmt: 'yuv420p',
  r_frame_rate: '30/1',
  avg_frame_rate: '30/1',
  nb_frames: '240',
};

function facts(change: object, format: object = {}) {
  return factsOf({ streams: [{ ...plain, ...change }], format }, 'v.mp4');
}

describe('factsOf', () => {
  it.each([
    ['a plain one', {}, { width: 1280, height: 720, frames: 240, bitDepth: 8, isConstant: true, matrix: 'bt709' }],
    ['turned by its side data', { side_data_list: [{ rotation: -90 }] }, { width: 720, height: 1280 }],
    ['turned by its tag', { tags: { rotate: '270' } }, { width: 720, height: 1280 }],
    ['turned by half', { side_data_list: [{ rotation: 180 }] }, { width: 1280, height: 720 }],
    ['small and untagged', { height: 480 }, { matrix: 'bt601' }],
    ['small and tagged', { height: 480, color_space: 'bt709' }, { matrix: 'bt709' }],
    ['large and tagged', { color_space: 'smpte170m' }, { matrix: 'bt601' }],
    ['ten bits', { pix_fmt: 'yuv420p10le' }, { bitDepth: 10 }],
    ['full range by format', { pix_fmt: 'yuvj420p' }, { fullRange: true }],
    ['full range by tag', { color_range: 'pc' }, { fullRange: true }],
    ['uneven', { avg_frame_rate: '50/3' }, { isConstant: false, rate: '50/3' }],
    ['without any rate', { avg_frame_rate: '0/0', r_frame_rate: '0/0' }, { rate: '25/1', framesPerSecond: 25 }],
    ['without a count', { nb_frames: undefined, duration: '2.0' }, { frames: 60 }],
  ])('%s', (_name, change, expected) => expect(facts(change)).toMatchObject(expected));

  it.each([[{ streams: [] }], [{}], [{ streams: [{ codec_name: 'mjpeg' }] }]])('%j has no picture', (probed) => {
    expect(() => factsOf(probed, 'sound.mp4')).toThrow(expect.objectContaining({ code: 'VIDEO_NO_TRACK' }));
  });
});

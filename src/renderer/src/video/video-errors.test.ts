import { expect, it } from 'vitest';
import { decoderRefuses } from './video-errors';

it.each([
  ['hevc', 1920, 1080, 'VIDEO_CODEC_UNSUPPORTED', /a\.mp4 is encoded as hevc.*/, /libx264/],
  [null, 640, 480, 'VIDEO_CODEC_UNSUPPORTED', /an unknown codec/, /libx264/],
  ['avc', 3840, 2160, 'VIDEO_CODEC_UNSUPPORTED', /avc/, /libx264/],
  ['avc', 7680, 4320, 'VIDEO_SIZE_UNSUPPORTED', /7680×4320/, /scale=3840/],
  ['hevc', 2160, 8192, 'VIDEO_SIZE_UNSUPPORTED', /2160×8192/, /scale=3840/],
])('a decoder that does not take %s of %ix%i: %s', (codec, width, height, code, message, hint) => {
  const error = decoderRefuses('a.mp4', codec, { width, height });
  expect([error.code, error.message, error.hint]).toEqual([
    code,
    expect.stringMatching(message),
    expect.stringMatching(hint),
  ]);
});

import { basename } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/app-error';
import { findTool, runTool } from './ffmpeg';

/** What of a video decides how it is decoded and written again. */
export interface VideoFacts {
  /** Pixels as shown: after rotation. */
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  /** Average frames a second, as a fraction that ffmpeg takes. */
  readonly rate: string;
  readonly framesPerSecond: number;
  /** False where frames are not evenly spaced. */
  readonly isConstant: boolean;
  /** 0 where the file does not say. */
  readonly frames: number;
  readonly bitDepth: number;
  readonly matrix: 'bt601' | 'bt709';
  readonly fullRange: boolean;
}

const streamSchema = z.object({
  codec_name: z.string().default('unknown'),
  width: z.int().nonnegative().default(0),
  height: z.int().nonnegative().default(0),
  pix_fmt: z.string().default('yuv420p'),
  color_space: z.string().default('unknown'),
  color_range: z.string().default('unknown'),
  r_frame_rate: z.string().default('0/0'),
  avg_frame_rate: z.string().default('0/0'),
  nb_frames: z.string().default(''),
  duration: z.string().default(''),
  side_data_list: z.array(z.looseObject({ rotation: z.number().optional() })).default([]),
  tags: z.looseObject({ rotate: z.string().optional() }).default({}),
});
const probeSchema = z.object({
  streams: z.array(streamSchema).default([]),
  format: z.looseObject({ duration: z.string().optional() }).default({}),
});

const ENTRIES =
  'stream=codec_name,width,height,pix_fmt,color_space,color_range,r_frame_rate,avg_frame_rate,nb_frames,duration' +
  ':stream_side_data=rotation:stream_tags=rotate:format=duration';

/** @throws AppError VIDEO_NO_FFMPEG, VIDEO_UNREADABLE, VIDEO_NO_TRACK */
export async function probeVideo(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<VideoFacts> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', ENTRIES, '-of', 'json', path];
  const { code, stdout, stderr } = await runTool(findTool('ffprobe', env), args, signal);
  const name = basename(path);
  if (code !== 0) {
    throw new AppError('VIDEO_UNREADABLE', `${name} cannot be read as a video: ${reasonOf(stderr)}`, {
      hint: 'Copy or download the video again, or save it anew as MP4 or WebM.',
      details: { file: name },
    });
  }
  return factsOf(JSON.parse(stdout), name);
}

/** @param probed ffprobe's JSON @throws AppError VIDEO_NO_TRACK */
export function factsOf(probed: unknown, name: string): VideoFacts {
  const { streams, format } = probeSchema.parse(probed);
  const stream = streams[0];
  if (stream === undefined || stream.width === 0 || stream.height === 0) {
    throw new AppError('VIDEO_NO_TRACK', `${name} has no picture, only sound or data.`, {
      hint: 'Choose a file with a video track.',
      details: { file: name },
    });
  }
  const turned = Math.abs(rotationOf(stream)) % 180 === 90;
  const [width, height] = turned ? [stream.height, stream.width] : [stream.width, stream.height];
  const average = fraction(stream.avg_frame_rate);
  const nominal = fraction(stream.r_frame_rate);
  const framesPerSecond = average > 0 ? average : nominal > 0 ? nominal : 25;
  const seconds = Number(stream.duration) || Number(format.duration) || 0;
  return {
    width,
    height,
    codec: stream.codec_name,
    rate: average > 0 ? stream.avg_frame_rate : nominal > 0 ? stream.r_frame_rate : '25/1',
    framesPerSecond,
    isConstant: average === 0 || nominal === 0 || Math.abs(average - nominal) / nominal < 0.01,
    frames: Number(stream.nb_frames) || Math.round(seconds * framesPerSecond),
    bitDepth: Number(/p(1[0-6])(le|be)$/.exec(stream.pix_fmt)?.[1] ?? 8),
    matrix: matrixOf(stream.color_space, height),
    fullRange: stream.color_range === 'pc' || stream.pix_fmt.startsWith('yuvj'),
  };
}

/** Videos that do not say are taken as players take them: BT.601 below 720 lines, BT.709 from there on. */
function matrixOf(colorSpace: string, height: number): 'bt601' | 'bt709' {
  if (colorSpace === 'smpte170m' || colorSpace === 'bt470bg') return 'bt601';
  return colorSpace === 'unknown' && height < 720 ? 'bt601' : 'bt709';
}

function rotationOf({ side_data_list: sideData, tags }: z.infer<typeof streamSchema>): number {
  return sideData.find(({ rotation }) => rotation !== undefined)?.rotation ?? Number(tags.rotate ?? 0);
}

function fraction(text: string): number {
  const [over = 0, under = 0] = text.split('/').map(Number);
  return under > 0 && Number.isFinite(over) ? over / under : 0;
}

export function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return `${lines[lines.length - 1]?.replace(/^\[[^\]]*\]\s*/, '') ?? 'the decoder gave no reason'}.`.replace(
    /\.\.$/,
    '.',
  );
}

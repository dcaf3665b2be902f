import { batch } from './batch';
import { build } from './build';
import { canvas } from './canvas';
import { commands } from './commands';
import { common } from './common';
import { compare } from './compare';
import { display } from './display';
import { engines } from './engines';
import { errors } from './errors';
import { exporting } from './export';
import { frame } from './frame';
import { latency } from './latency';
import { legend } from './legend';
import { models } from './models';
import { modes } from './modes';
import { pictures } from './pictures';
import { preferences } from './preferences';
import { runtimes } from './runtimes';
import { video } from './video';

export const zhCn = {
  batch,
  build,
  canvas,
  commands,
  common,
  compare,
  display,
  engines,
  errors,
  exporting,
  frame,
  latency,
  legend,
  models,
  modes,
  pictures,
  preferences,
  runtimes,
  video,
};

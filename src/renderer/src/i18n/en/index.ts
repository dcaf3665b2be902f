import { canvas } from './canvas';
import { commands } from './commands';
import { common } from './common';
import { display } from './display';
import { errors } from './errors';
import { exporting } from './export';
import { frame } from './frame';
import { legend } from './legend';
import { models } from './models';
import { pictures } from './pictures';
import { preferences } from './preferences';

export const en = {
  canvas,
  commands,
  common,
  display,
  errors,
  exporting,
  frame,
  legend,
  models,
  pictures,
  preferences,
};

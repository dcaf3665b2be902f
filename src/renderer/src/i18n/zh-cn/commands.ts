import type { Translation } from '../translation';
import type { commands as source } from '../en/commands';

export const commands: Translation<typeof source> = {
  title: 'commands',
};

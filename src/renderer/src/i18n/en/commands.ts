export const commands = {
  title: 'commands',
} as const;

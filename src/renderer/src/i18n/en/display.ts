export const display = {
  title: 'Display',
} as const;

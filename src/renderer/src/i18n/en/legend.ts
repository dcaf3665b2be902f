export const legend = {
  title: 'Legend',
} as const;

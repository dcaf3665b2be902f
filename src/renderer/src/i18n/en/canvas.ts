export const canvas = {
  title: 'Picture',
} as const;

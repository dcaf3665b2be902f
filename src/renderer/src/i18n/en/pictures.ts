export const pictures = {
  title: 'pictures',
} as const;

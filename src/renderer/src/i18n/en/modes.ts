export const modes = {
  title: 'Modes',
  segment: 'Segment',
  video: 'Video',
} as const;

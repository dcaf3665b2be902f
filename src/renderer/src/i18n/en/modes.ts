export const modes = {
  title: 'Modes',
  segment: 'Segment',
  build: 'Build',
  video: 'Video',
} as const;

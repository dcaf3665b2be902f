export const modes = {
  title: 'Modes',
  segment: 'Segment',
  build: 'Build',
  compare: 'Compare',
  video: 'Video',
} as const;

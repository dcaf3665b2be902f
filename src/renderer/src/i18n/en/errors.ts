/** Titles by error code (src/shared/app-error.ts). The message beside it comes from the studio and names the file. */
export const errors = {
  title: 'That did not work',
  codes: {
    INTERNAL: 'A fault in Maskforge',
  },
} as const;

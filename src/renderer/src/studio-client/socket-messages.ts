/** What the page tells the worker that holds its connection to the studio. */
export type ToSocket =
  | { readonly t: 'open'; readonly address: string }
  | { readonly t: 'send'; readonly message: unknown }
  | { readonly t: 'close' };

export type FromSocket =
  | { readonly t: 'opened' }
  | { readonly t: 'message'; readonly message: unknown }
  /** The last that it says. */
  | { readonly t: 'closed'; readonly code: number; readonly reason: string };

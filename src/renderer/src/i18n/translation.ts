/**
 * The shape that a translation of `Source` must have: the same keys at every depth, any text. English tells one from
 * many (`_one`, `_other`), Chinese does not, so `_one` is left out.
 */
export type Translation<Source> = {
  readonly [Key in keyof Source as Key extends `${string}_one` ? never : Key]: Source[Key] extends string
    ? string
    : Translation<Source[Key]>;
};

/**
 * The least count that is enough, where more is enough as well: each is costly to try, so that it goes by growing steps from
 * a first guess until there is one that is enough and one that is not, then by halves between them.
 *
 * @param attempt null where the count is not enough; 0 is known not to be
 * @param guess from 1 to `most`
 * @returns what the least that is enough gave; null where not even `most` is
 */
export async function narrowDown<T>(
  attempt: (count: number) => Promise<T | null>,
  { guess, most }: { readonly guess: number; readonly most: number },
): Promise<T | null> {
  let [tooFew, isTried] = [0, false];
  let enough: { readonly count: number; readonly found: T } | null = null;
  let step = 1;
  for (let count = Math.max(1, guess); count <= most && count > tooFew && count < (enough?.count ?? most + 1);) {
    const found = await attempt(count);
    if (found === null) [tooFew, isTried] = [count, true];
    else enough = { count, found };
    if (enough === null) count = Math.min(most, count + step);
    else if (!isTried) count = Math.max(1, count - step);
    else count = (tooFew + enough.count) >> 1;
    step *= 2;
  }
  return enough?.found ?? null;
}

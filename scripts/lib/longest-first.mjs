// The order in which Vitest runs the files of a suite.
import { BaseSequencer } from 'vitest/node';

/**
 * Files that take longest come first: begun last, one of them would keep one processor busy while the others idle.
 * Vitest remembers how long files took, but a fresh clone has nothing to remember.
 * @param {readonly RegExp[]} longest files, the longest first
 */
export function longestFirst(longest) {
  const rank = ({ moduleId }) => {
    const found = longest.findIndex((pattern) => pattern.test(moduleId));
    return found < 0 ? longest.length : found;
  };
  return class extends BaseSequencer {
    async sort(files) {
      return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
    }
  };
}

import { describe, expect, it } from 'vitest';
import { junitTally, playwrightTally, sum, vitestTally, withExitCode } from './tally.mjs';

describe('tallies', () => {
  it('reads vitest', () => {
    const report = { numPassedTests: 5, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 };
    expect(vitestTally(report)).toEqual({ passed: 5, failed: 2, skipped: 2 });
  });

  it('reads playwright, and takes a flaky test for a failed one', () => {
    const report = { stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 } };
    expect(playwrightTally(report)).toEqual({ passed: 4, failed: 2, skipped: 2 });
  });

  it('reads pytest', () => {
    const xml =
      '<?xml version="1.0"?><testsuites name="x"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1">';
    expect(junitTally(xml)).toEqual({ passed: 4, failed: 3, skipped: 3 });
  });

  it.each([
    ['all passed', { passed: 3, failed: 0, skipped: 0 }, 0, 0],
    ['failures were named', { passed: 3, failed: 2, skipped: 0 }, 1, 2],
    ['a file did not load', { passed: 3, failed: 0, skipped: 0 }, 1, 1],
    ['it was killed', { passed: 0, failed: 0, skipped: 0 }, null, 1],
  ])('%s', (_name, tally, code, failed) => {
    expect(withExitCode(tally, code).failed).toBe(failed);
  });

  it('adds up', () => {
    const tallies = [
      { passed: 1, failed: 0, skipped: 2 },
      { passed: 3, failed: 1, skipped: 0 },
    ];
    expect(sum(tallies)).toEqual({ passed: 4, failed: 1, skipped: 2 });
    expect(sum([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});

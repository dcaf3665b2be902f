import { describe, expect, it } from 'vitest';
import { junitTally, playwrightTally, sum, vitestTally, withExitCode } from './tally.mjs';

describe('tallies', () => {
  it('reads vitest', () => {
    const assertionResults = [
      { status: 'passed', fullName: 'holds' },
      { status: 'failed', fullName: 'the part breaks' },
    ];
    const testResults = [
      { name: 'a.test.ts', status: 'failed', message: '', assertionResults },
      { name: 'b.test.ts', status: 'failed', message: 'does not load\n  at line 1', assertionResults: [] },
    ];
    const report = { numPassedTests: 5, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1, testResults };
    const failures = ['a.test.ts: the part breaks', 'b.test.ts: does not load'];
    expect(vitestTally(report)).toEqual({ passed: 5, failed: 2, skipped: 2, failures });
  });

  it('reads playwright, and takes a flaky test for a failed one', () => {
    const specs = [
      { ok: true, file: 'a.spec.ts', line: 1, title: 'holds' },
      { ok: false, file: 'a.spec.ts', line: 9, title: 'breaks' },
    ];
    const suites = [{ specs: [], suites: [{ specs }] }];
    const report = { stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }, suites };
    expect(playwrightTally(report)).toEqual({ passed: 4, failed: 2, skipped: 2, failures: ['a.spec.ts:9: breaks'] });
  });

  it('reads pytest', () => {
    const xml =
      '<?xml version="1.0"?><testsuites name="x"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1">' +
      '<testcase name="whole" time="1" /><testcase name="broken" time="1"><failure message="no">text</failure></testcase>' +
      '<testcase name="left out" time="1"><skipped /></testcase></testsuite></testsuites>';
    expect(junitTally(xml)).toEqual({ passed: 4, failed: 3, skipped: 3, failures: ['broken'] });
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
      { passed: 3, failed: 1, skipped: 0, failures: ['one'] },
    ];
    expect(sum(tallies)).toEqual({ passed: 4, failed: 1, skipped: 2, failures: ['one'] });
    expect(sum([])).toEqual({ passed: 0, failed: 0, skipped: 0, failures: [] });
  });
});

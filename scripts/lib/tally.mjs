// Counts of passed and failed tests out of what the tools report.

/**
 * @typedef {{ passed: number, failed: number, skipped: number, failures?: string[] }} Tally `failures` names failed tests, as
 *   far as the tool tells
 */

/**
 * A tool that failed without naming a failed test (a file that does not load, a crash) counts as one failure.
 * @param {Tally} tally
 * @param {number | null} exitCode
 * @returns {Tally}
 */
export function withExitCode(tally, exitCode) {
  if (exitCode === 0 || tally.failed > 0) return tally;
  const failure = `ended with ${exitCode === null ? 'a signal' : `exit code ${exitCode}`}, and no test says why: a process crashed or an error came outside of tests; see its output`;
  return { ...tally, failed: 1, failures: [...(tally.failures ?? []), failure] };
}

/** @param {any} report of `vitest --reporter=json` @returns {Tally} */
export function vitestTally(report) {
  const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  const failures = (report.testResults ?? []).flatMap(({ name, status, message, assertionResults = [] }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
    if (tests.length === 0 && status === 'failed') tests.push((message ?? '').split('\n')[0]);
    return tests.map((test) => `${name}: ${test}`);
  });
  return { passed: report.numPassedTests ?? 0, failed: report.numFailedTests ?? 0, skipped, failures };
}

/** @param {any} report of `playwright test --reporter=json` @returns {Tally} */
export function playwrightTally(report) {
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = report.stats ?? {};
  // A flaky test has failed once: with no retries allowed there are none, and with retries they are no pass.
  return { passed: expected, failed: unexpected + flaky, skipped, failures: playwrightFailures(report.suites ?? []) };
}

/** @param {any[]} suites @returns {string[]} */
function playwrightFailures(suites) {
  return suites.flatMap(({ suites: inner = [], specs = [] }) => [
    ...specs.filter(({ ok }) => !ok).map(({ file, line, title }) => `${file}:${line}: ${title}`),
    ...playwrightFailures(inner),
  ]);
}

/** @param {string} xml of `pytest --junitxml` @returns {Tally} */
export function junitTally(xml) {
  const head = /<testsuite\b[^>]*>/.exec(xml)?.[0] ?? '';
  const number = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  const skipped = number('skipped');
  const cases = [...xml.matchAll(/<testcase\b([^>]*[^/])>(.*?)<\/testcase>/gs)];
  const failures = cases
    .filter(([, , inner]) => /<(failure|error)\b/.test(inner))
    .map(([, attributes]) => /\bname="([^"]*)"/.exec(attributes)?.[1] ?? attributes);
  return { passed: number('tests') - failed - skipped, failed, skipped, failures };
}

/** @param {Tally[]} tallies @returns {Tally} */
export function sum(tallies) {
  const add = (key) => tallies.reduce((total, tally) => total + tally[key], 0);
  const failures = tallies.flatMap((tally) => tally.failures ?? []);
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped'), failures };
}

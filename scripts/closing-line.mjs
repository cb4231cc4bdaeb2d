// Prints the closing line of a test run and exits accordingly.
//   closing-line.mjs REPORT.json CHECKS FAILED    CHECKS: how many checks ran beside vitest; FAILED: how many of them failed
import { existsSync, readFileSync } from 'node:fs';

const [file, checks, failedChecks] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
if (!existsSync(file)) {
  console.log('podwire test: vitest wrote no report');
  console.log(`${checks - failedChecks} passed, ${failedChecks + 1} failed`);
  process.exit(1);
}
const report = JSON.parse(readFileSync(file, 'utf8'));
const skippedTests = report.testResults.flatMap((suite) =>
  suite.assertionResults.filter(
    (test) => test.status === 'pending' || test.status === 'skipped' || test.status === 'todo',
  ),
);
for (const test of skippedTests) console.log(`skipped: ${test.fullName}`);
// A file that could not be loaded, or whose hooks failed, has no failed test of its own but is a failure.
const brokenFiles = report.testResults.filter(
  (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
).length;
const unexplained = report.success ? 0 : report.numFailedTests + brokenFiles === 0 ? 1 : 0;
const passed = report.numPassedTests + checks - failedChecks;
const failed = report.numFailedTests + brokenFiles + unexplained + failedChecks;
const skipped = skippedTests.length;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 ? 1 : 0);

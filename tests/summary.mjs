// What test reports (CTRF) say together: the ten classes that took longest, and how many tests passed, failed and were skipped.
// Exit code 1 when a test failed or none passed.
import { readFileSync } from 'node:fs';

const reports = process.argv.slice(2).map(file => JSON.parse(readFileSync(file, 'utf8')).results);
const classes = new Map();
for (const test of reports.flatMap(report => report.tests)) {
  const name = test.extra.type;
  const entry = classes.get(name) ?? { tests: 0, seconds: 0 };
  classes.set(name, { tests: entry.tests + 1, seconds: entry.seconds + test.duration / 1000 });
}
console.log('The dearest classes:');
for (const [name, { tests, seconds }] of [...classes].sort(([, a], [, b]) => b.seconds - a.seconds).slice(0, 10)) {
  console.log(`${seconds.toFixed(1).padStart(8)} s  ${String(tests).padStart(4)} tests  ${name}`);
}
const sum = of => reports.reduce((total, report) => total + report.summary[of], 0);
const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

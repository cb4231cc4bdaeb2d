/** kube-proxy in mode ipvs, with real packets: one guest for all of test/guest, each of its tests a test here. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runInUml, whyNoUml } from '../../support/uml.ts';

interface Report {
  readonly testResults: readonly {
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const SCRIPT = join(import.meta.dirname, '../../guest/run-tests.ts');

describe.skipIf(whyNoUml())('kube-proxy in mode ipvs', () => {
  let report: Report;

  beforeAll(async () => {
    const { stdout, stderr } = await runInUml(SCRIPT, [], { timeoutMs: 280_000, memoryMb: 2048 });
    if (stdout === '') throw new Error(`the guest gave no report: ${stderr}`);
    report = JSON.parse(stdout) as Report;
  }, 290_000);

  it('holds in a kernel that has IPVS, test by test', () => {
    const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    const failures = all.filter(({ status }) => status === 'failed');
    expect(report.testResults.map(({ message = '' }) => message).filter((message) => message !== '')).toEqual([]);
    expect(failures.map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join('\n')}`)).toEqual([]);
    // None was lost on the way.
    expect(all.filter(({ status }) => status === 'passed').length).toBeGreaterThanOrEqual(EXPECTED);
  });
});

/** Tests of test/guest. */
const EXPECTED = 28;

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take ten seconds and more, the longest first: begun last, they would end alone. Guests stand beside what waits. */
const LONG = [
  'scenario/catalogue-in-uml',
  'scenario/catalogue',
  'provision',
  'scenario/catalogue-in-own-uml',
  'uml/switch',
  'equivalence/equivalence-in-uml',
  'api/kubectl-three-way',
  'tui/walkthrough',
  'uml/ipvs',
  'equivalence/equivalence',
  'lab/adoption',
  'uml/lab',
  'lab/crash',
  'api/kubectl-server-side-apply',
  'api/kubectl-apply',
  'journeys/documents',
  'api/kubectl-networking',
  'api/attacks',
  'lab/traffic',
  'journeys/sources',
  'journeys/kubectl-commands',
  'lab/dual-stack',
  'journeys/bad-input',
  'cloud/load-balancer',
  'dns/specification',
  'api/kubectl-large-streams',
  'lab/node-join',
  'lab/links',
  'client/cut-watch',
].map((name) => `/integration/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => LONG.findIndex((name) => moduleId.endsWith(name)) >>> 0;
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

// `unit` runs anywhere; `integration` makes real namespaces and needs root.
export default defineConfig({
  test: {
    // Test files share nothing (each lab has a name of its own), so they need not wait for one another; and most of their
    // time they wait for a lab: more of them than processors are no burden.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
          exclude: ['test/integration/**'],
          // They leave nothing behind that another could find, and loading the sources anew for each file takes twice as long
          // as the tests themselves.
          isolate: false,
          // The default of five seconds is little where the machine has other work too.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/integration/**/*.test.tsx'],
          globalSetup: ['test/integration/compile-cache.ts'],
          setupFiles: ['test/integration/no-lab-of-the-user.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: 'forks',
          // CI's machine has other work too. What needed a second try is marked in the log: (retry x1).
          retry: process.env.CI === 'true' ? 1 : 0,
        },
      },
    ],
  },
});

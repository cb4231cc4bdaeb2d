import { defineConfig } from 'vitest/config';

// `unit` runs anywhere; `integration` makes real namespaces and needs root.
export default defineConfig({
  test: {
    // Test files share nothing (each lab has a name of its own), so they need not wait for one another; and most of their
    // time they wait for a lab: more of them than processors are no burden.
    maxWorkers: 3,
    projects: [
      {
        test: { name: 'unit', include: ['test/**/*.test.ts', 'test/**/*.test.tsx'], exclude: ['test/integration/**'] },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/integration/**/*.test.tsx'],
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

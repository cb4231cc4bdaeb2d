import { defineConfig } from 'vitest/config';

// Tests that run inside User-mode Linux (test/integration/uml/guest.test.ts boots it): what the host's kernel lacks.
export default defineConfig({
  test: {
    include: ['test/guest/**/*.guest.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Sockets are made in windows (setns): not in worker threads. One CPU: side by side they would only wait for one another.
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
  },
});

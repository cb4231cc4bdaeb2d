/** Inside the guest: runs vitest on the files named; its report stands on stdout, as JSON. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBridgeNetfilter } from '../../src/kernel/bridge-netfilter.ts';

loadBridgeNetfilter();
const root = join(import.meta.dirname, '../..');
const report = '/tmp/report.json';
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const options = ['--config', 'test/guest/vitest.config.ts', '--reporter=json', `--outputFile=${report}`, '--no-cache'];
const { status, stderr } = spawnSync(process.execPath, [vitest, 'run', ...options, ...process.argv.slice(2)], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 16 << 20,
});
process.stderr.write(stderr);
process.stdout.write(readFileSync(report, 'utf8'));
process.exit(status ?? 1);

import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const LOGGER = join(import.meta.dirname, '../../../src/lab/daemon/logger.ts');
const PROGRAM = `
  const { componentLogger } = await import(${JSON.stringify(LOGGER)});
  const log = componentLogger('kube-proxy');
  log.warn('first', { error: new RangeError('of range'), count: 2 });
  await new Promise((resolve) => setTimeout(resolve, 10));
  log.info('second');
  await new Promise((resolve) => setTimeout(resolve, 10));
  console.log('goes on');
`;

/** What the program prints that logs to `stderr`. */
function run(stderr: 'pipe' | number) {
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', PROGRAM];
  return spawnSync(process.execPath, argv, { stdio: ['ignore', 'pipe', stderr], encoding: 'utf8' });
}

describe('the daemon’s log', () => {
  it('has one line a message', () => {
    const [first, second, ...rest] = run('pipe').stderr.split('\n');
    expect(first).toMatch(/^\d{4}-\S+Z WARN kube-proxy: first error="RangeError: of range.*" count=2$/);
    expect(second).toMatch(/^\S+Z INFO kube-proxy: second$/);
    expect(rest).toEqual(['']);
  });

  it('ends nothing when its disk is full', () => {
    expect(run(openSync('/dev/full', 'w'))).toMatchObject({ status: 0, stdout: 'goes on\n' });
  });
});

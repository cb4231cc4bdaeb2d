import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { batchedReads } from '../../src/kernel/batched-reads.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';

/** Runs for real, in this namespace, and counts. */
function countingKernel(): Pick<Kernel, 'read'> & { readonly started: string[] } {
  const started: string[] = [];
  return {
    started,
    async read(netns, [file, ...args], stdin) {
      started.push(`${netns} ${file}`);
      const { stdout, stderr, status } = spawnSync(file, args, { encoding: 'utf8', input: stdin ?? '' });
      return { stdout, stderr, exitCode: status ?? 1 };
    },
  };
}

describe('batchedReads', () => {
  it('runs in one process what is asked for in one moment, and gives each what it printed', async () => {
    const kernel = countingKernel();
    const read = batchedReads(kernel, 'node-1');
    const results = await Promise.all([
      read(['printf', 'no newline']),
      read(['sh', '-c', 'cat; exit 3']),
      Promise.resolve().then(() => read(['printf', '%s\n', "it's $HOME", '7', 'a b'])),
    ]);
    expect(results.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual([
      ['no newline', 0],
      ['', 3],
      ["it's $HOME\n7\na b\n", 0],
    ]);
    expect(kernel.started).toEqual(['node-1 sh']);
    await read(['printf', 'later']);
    expect(kernel.started).toEqual(['node-1 sh', 'node-1 printf']);
  });

  it('says where a shell has ended early', async () => {
    const kernel = { read: async () => ({ stdout: '', stderr: 'killed\n', exitCode: 137 }) };
    const read = batchedReads(kernel, 'node-1');
    const results = await Promise.allSettled([read(['nft', 'list']), read(['ip', 'address'])]);
    expect(results.map((result) => result.status === 'rejected' && (result.reason as Error).message)).toEqual([
      'nft list: the shell ended before it: killed',
      'nft list: the shell ended before it: killed',
    ]);
  });
});

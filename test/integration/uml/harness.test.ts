import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listProcesses } from '../../../src/kernel/processes.ts';
import { runInUml, whyNoUml } from '../../support/uml.ts';

const SCRIPT = join(import.meta.dirname, 'look-around.ts');

describe.skipIf(whyNoUml())('runInUml', () => {
  it('runs a script where the kernel has IPVS, and nothing it writes reaches the host', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podwire-harness-'));
    try {
      const { stdout, stderr, code } = await runInUml(SCRIPT, [folder, 'a b', "it's"]);
      expect({ stderr, code }).toEqual({ stderr: 'a word on stderr\n', code: 7 });
      const found = JSON.parse(stdout) as Record<string, string>;
      expect(found).toMatchObject({
        args: ['a b', "it's"],
        kernel: expect.stringMatching(/^\d+\./),
        loopback: expect.arrayContaining(['127.0.0.1/8']),
        ipvs: '-A -t 192.0.2.1:80 -s rr\n',
        legacy: expect.stringContaining('-A POSTROUTING -m ipvs --ipvs -j MASQUERADE\n'),
        ipset: expect.stringContaining('create a hash:ip,port family inet'),
        netem: expect.stringContaining('delay 10ms'),
      });
      for (const place of [folder, '/run', '/etc']) expect(existsSync(join(place, 'written-in-uml'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('kills a guest that takes too long, and leaves neither process nor file', async () => {
    await expect(runInUml(SCRIPT, [], { timeoutMs: 200 })).rejects.toThrow('the guest did not end within 200 ms');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(MINE))).toEqual([]);
    expect(commandLines().filter((line) => line.includes(MINE))).toEqual([]);
  });
});

/** Of this process's guests: the folders they share with the host, which stand in their command lines. */
const MINE = `podwire-uml-${process.pid}-`;

function commandLines(): string[] {
  return listProcesses().flatMap(({ pid }) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
    } catch {
      return []; // ended meanwhile
    }
  });
}

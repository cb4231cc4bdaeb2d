/** The journal as a script rebuilds the lab's network without podwire, and takes it away again. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { kernelHasIpv6 } from '../../../src/kernel/ipv6.ts';
import { uniqueLabName, withLab } from './fixture.ts';
import { hostNetworkFacts, tracesOf } from './host-facts.ts';

const CLI = join(import.meta.dirname, '../../../src/cli/main.ts');
/** All that is in the default lab is in this one too. */
const DUAL_STACK = join(import.meta.dirname, '../../../lab/dual-stack.yaml');
/** Where the kernel has no IPv6, the default lab. */
const both = kernelHasIpv6();
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const action of cleanUp.splice(0).reverse()) action();
});

describe('podwire journal --as-script', () => {
  it('builds the same network once the lab is gone: pings cross the underlay and the VXLAN', async () => {
    const before = hostNetworkFacts();
    const name = uniqueLabName();
    const script = await withLab({ name, ...(both ? { file: DUAL_STACK } : {}) }, async () =>
      execFileSync(process.execPath, [CLI, 'journal', '--as-script', '--name', name], { encoding: 'utf8' }),
    );
    expect(tracesOf(name)).toEqual([]);

    const folder = mkdtempSync(join(tmpdir(), 'podwire-journal-'));
    cleanUp.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'lab.sh');
    writeFileSync(file, script);
    const sh = (...args: string[]) =>
      spawnSync('sh', [file, ...args], { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    cleanUp.push(() => sh('down'));

    expect(sh()).toMatchObject({ status: 0 });
    const ping = (from: string, to: string) =>
      spawnSync('ip', ['netns', 'exec', `${name}.${from}`, 'ping', '-c1', '-W2', to]).status;
    expect(ping('client', '192.168.1.11')).toBe(0);
    // The remote VTEP's own address: only the route, ARP and FDB entries of flannel lead there.
    expect(ping('node-1', '10.244.2.0')).toBe(0);
    if (both) {
      expect(ping('client', 'fd00:192:168:1::11')).toBe(0);
      expect(ping('node-1', 'fd00:10:244:2::')).toBe(0);
    }

    expect(sh('down')).toMatchObject({ status: 0 });
    expect(tracesOf(name)).toEqual([]);
    expect(hostNetworkFacts()).toEqual(before);
  });

  it('lists the commands with the namespace and input of each', async () => {
    await withLab({}, async ({ name }) => {
      const text = execFileSync(process.execPath, [CLI, 'journal', '--name', name], { encoding: 'utf8' });
      expect(text).toMatch(/^\S+Z ip -batch -\n {4}netns add /m);
      expect(text).toMatch(new RegExp(`^\\S+Z \\[${name}\\.node-1\\] iptables-restore`, 'm'));
    });
  });
});

import { connect as connectTls } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { rulesCommand } from '../../../src/cli/commands/rules.ts';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { DaemonClient } from '../../../src/lab/daemon-client.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { withLab } from './fixture.ts';

const kernel = new LinuxKernel();

async function modes(lab: LabHandle): Promise<string[]> {
  return (await lab.snapshot()).nodes.map(({ name, proxy }) => `${name} ${proxy.mode}`);
}

/** What stands of each backend on a node. */
async function rules(lab: LabHandle, node: string): Promise<{ iptables: number; nftables: number; userspace: number }> {
  const save = await lab.exec(node, ['iptables-save']);
  const tables = await lab.exec(node, ['nft', 'list', 'tables']);
  return {
    iptables: save.stdout.split('\n').filter((line) => /^-A .*KUBE-(SERVICES|SVC|SEP|POSTROUTING)/.test(line)).length,
    nftables: tables.stdout.split('\n').filter((line) => line.includes('kube-proxy')).length,
    userspace: save.stdout.split('\n').filter((line) => /^-A .*KUBE-(PORTALS|NODEPORT)-/.test(line)).length,
  };
}

/** Asks without a pause from several places until stopped; gives how many were answered and what else happened. */
function load(netnses: readonly string[], address: string, port: number) {
  let isStopped = false;
  let answered = 0;
  const failures: string[] = [];
  const ends = netnses.flatMap((netns) =>
    Array.from({ length: 4 }, async () => {
      // A few failures tell enough, and a load that only fails would leave no time to stop it.
      while (!isStopped && failures.length < 10) {
        const { error } = await connect(netns, address, port);
        if (error === undefined) answered += 1;
        else failures.push(`${netns}: ${error}`);
      }
    }),
  );
  return {
    get answered() {
      return answered;
    },
    async stop() {
      isStopped = true;
      await Promise.all(ends);
      return failures;
    },
  };
}

/** A TLS handshake with the API server: what a relay alone could accept, but not answer. */
function connect(netns: string, host: string, port: number): Promise<{ error?: string }> {
  return new Promise((resolve) => {
    const socket = kernel.sockets.connect(netns, { host, port });
    const end = (result: { error?: string }) => {
      socket.destroy();
      resolve(result);
    };
    const fail = (cause: NodeJS.ErrnoException) => end({ error: cause.code ?? cause.message });
    socket.setTimeout(5000, () => end({ error: 'TIMEOUT' }));
    socket.on('error', fail);
    connectTls({ socket, rejectUnauthorized: false }, () => end({})).on('error', fail);
  });
}

async function progress(running: { readonly answered: number }, more: number): Promise<void> {
  const goal = running.answered + more;
  const deadline = Date.now() + 20_000;
  while (running.answered < goal) {
    if (Date.now() > deadline) throw new Error(`only ${running.answered} of ${goal} connections`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What `podwire rules` prints. */
async function printed(
  lab: LabHandle,
  node: string,
  options: { service?: string; diff?: boolean } = {},
): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    await rulesCommand(node, { name: lab.name, ...options });
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
}

describe('the mode of kube-proxy', () => {
  it('changes under a load of new connections, and none of them is refused or lost', { timeout: 120_000 }, async () => {
    await withLab({}, async (lab) => {
      const daemon = new DaemonClient(lab.name, stateDirectory(lab.name).socket);
      const { nodes, pods } = await lab.snapshot();
      expect(pods.length).toBeGreaterThan(0);
      // A node's own connections pass other hooks than those of its pods.
      const running = load(
        [...nodes, ...pods].map(({ netns }) => netns),
        '10.96.0.1',
        443,
      );
      await progress(running, 60);
      for (let round = 0; round < 2; round += 1) {
        const switched = await daemon.switchProxyMode({ mode: 'nftables' });
        expect(switched).toEqual(nodes.map(({ name }) => ({ name, mode: 'nftables' })));
        expect(await rules(lab, 'node-1')).toEqual({ iptables: 0, nftables: 1, userspace: 0 });
        await progress(running, 60);
        await daemon.switchProxyMode({ mode: 'userspace' });
        expect(await rules(lab, 'node-1')).toMatchObject({ iptables: 0, nftables: 0 });
        await progress(running, 60);
        await daemon.switchProxyMode({ mode: 'iptables' });
        expect(await rules(lab, 'node-1')).toMatchObject({ nftables: 0, userspace: 0 });
        await progress(running, 60);
        // Straight from one to the other, in the other direction too.
        await daemon.switchProxyMode({ mode: 'userspace' });
        await progress(running, 60);
      }
      expect(await running.stop()).toEqual([]);
    });
  });

  it('is given at the start, shown by status, and changed on one node alone', { timeout: 120_000 }, async () => {
    await withLab({ nodes: 2, proxyMode: 'nftables' }, async (lab) => {
      const daemon = new DaemonClient(lab.name, stateDirectory(lab.name).socket);
      expect(await modes(lab)).toEqual(['control-plane nftables', 'node-1 nftables']);
      const node = 'node-1';
      expect(await daemon.switchProxyMode({ mode: 'iptables', node })).toEqual([{ name: node, mode: 'iptables' }]);
      expect(await modes(lab)).toEqual(['control-plane nftables', 'node-1 iptables']);
      expect((await rules(lab, 'control-plane')).nftables).toBe(1);
      expect((await rules(lab, 'node-1')).iptables).toBeGreaterThan(5);
      for (const [node, sign] of [
        ['control-plane', 'dnat ip to numgen random mod 1 map'],
        ['node-1', '-j DNAT --to-destination'],
      ] as const) {
        const text = await printed(lab, node, { service: 'kubernetes' });
        expect(text).toMatch(/ {2}# default\/kubernetes:https, all endpoints$/m);
        expect(text).toContain(sign);
        expect(text).not.toContain('kube-dns');
        expect(await printed(lab, node)).toContain('# kube-system/kube-dns:dns');
      }
      // What one change did in the kernel.
      expect(await printed(lab, 'node-1', { diff: true })).toContain('The rules of node-1 are remembered');
      expect(await printed(lab, 'node-1', { diff: true })).toBe('Nothing changed.\n');
      await lab.kubectl(['create', 'service', 'clusterip', 'one', '--clusterip=10.96.0.77', '--tcp=80']);
      const diff = await printed(lab, 'node-1', { diff: true });
      expect(diff).toMatch(
        /^\+ filter KUBE-SERVICES\n {2}\+ -A KUBE-SERVICES -d 10\.96\.0\.77\/32 .* {2}# default\/one:80$/m,
      );
      expect(diff).not.toContain('kube-dns');
      await lab.kubectl(['delete', 'service', 'one']);
      expect(await printed(lab, 'node-1', { diff: true })).toContain('  - -A KUBE-SERVICES -d 10.96.0.77/32');
      // One that does not run: its rules stand, and follow nothing; nobody waits for it.
      const has = async (at: string) => (await lab.exec(at, ['iptables-save'])).stdout.includes('10.96.0.78/32');
      const health = async () => (await lab.exec(node, ['curl', '-sf', 'http://127.0.0.1:10256/livez'])).exitCode;
      expect(await health()).toBe(0);
      await daemon.switchProxyMode({ mode: 'iptables' });
      expect(await daemon.runKubeProxy({ is: 'stopped', node })).toEqual([node]);
      expect((await lab.snapshot()).nodes.map(({ proxy }) => proxy.stopped)).toEqual([undefined, true]);
      await lab.kubectl(['create', 'service', 'clusterip', 'two', '--clusterip=10.96.0.78', '--tcp=80']);
      await lab.programmed();
      expect([await has('control-plane'), await has(node), await health()]).toEqual([true, false, 7]);
      expect((await rules(lab, node)).iptables).toBeGreaterThan(5);
      await expect(daemon.switchProxyMode({ mode: 'nftables', node })).rejects.toMatchObject({
        why: 'it is stopped there',
      });
      expect(await daemon.runKubeProxy({ is: 'running' })).toEqual(['control-plane', node]);
      expect([await has(node), await health()]).toEqual([true, 0]);
      await expect(daemon.runKubeProxy({ is: 'stopped', node: 'node-7' })).rejects.toThrow('there is no node "node-7"');
      await expect(daemon.switchProxyMode({ mode: 'vlan' })).rejects.toMatchObject({
        why: 'its modes are iptables, ipvs, nftables, userspace',
      });
      await expect(daemon.switchProxyMode({ mode: 'nftables', node: 'node-7' })).rejects.toThrow(
        'there is no node "node-7"',
      );
    });
  });
});

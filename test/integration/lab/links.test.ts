/** Faults on links of a lab, by real packets. (A node that is cut for long: cut-node.test.ts.) */
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LinkFault } from '../../../src/cni/link-fault.ts';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { isRunning, signalProcess } from '../../../src/kernel/processes.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { up } from '../../../src/lab/up.ts';
import { PODS } from '../../../src/objects/resource.ts';
import { eventually } from '../scratch.ts';
import { withLab } from './fixture.ts';

const kernel = new LinuxKernel();

/** Whether an IP packet of this size gets there and back. */
async function passes(lab: LabHandle, from: string, to: string, size: number): Promise<boolean> {
  const argv: [string, ...string[]] = ['ping', '-c', '1', '-W', '1', '-M', 'do', '-s', `${size - 28}`, to];
  return (await lab.exec(from, argv)).exitCode === 0;
}

/** Seconds that `bytes` take from `from` to a server at `to`; undefined when they do not arrive in time. */
async function send(lab: LabHandle, from: string, to: string, at: string, bytes: number): Promise<number | undefined> {
  const received = Promise.withResolvers<number | undefined>();
  const server = createServer((socket) => {
    let count = 0;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      count += data.length;
      if (count === bytes) received.resolve((performance.now() - start) / 1000);
    });
  });
  await kernel.sockets.listen(await lab.netnsOf(to), server, { host: at, port: 7000 });
  const start = performance.now();
  const client = kernel.sockets.connect(await lab.netnsOf(from), { host: at, port: 7000 });
  client.on('error', () => undefined);
  client.write(Buffer.alloc(bytes));
  const timer = setTimeout(() => received.resolve(undefined), 2_000);
  const seconds = await received.promise;
  clearTimeout(timer);
  client.destroy();
  server.close();
  return seconds;
}

async function set(lab: LabHandle, target: string, fault: LinkFault): Promise<void> {
  await lab.changeLink(target, { action: 'set', fault });
}

/** Queues and flags of both ends of node-1's link. */
async function ends(lab: LabHandle): Promise<string> {
  const link = (await lab.links()).find(({ target }) => target === 'node-1')!;
  const texts = [link.near, link.far].map(async ({ netns, device }) => {
    const queue = await kernel.read(netns, ['tc', 'qdisc', 'show', 'dev', device]);
    const flags = await kernel.read(netns, ['ip', '-o', 'link', 'show', 'dev', device]);
    return queue.stdout + /<.*> mtu \d+/.exec(flags.stdout)?.[0];
  });
  const routes = await lab.exec('node-1', ['ip', 'route']);
  return `${(await Promise.all(texts)).join('\n')}\n${routes.stdout}`;
}

async function killDaemon(name: string): Promise<void> {
  const daemons = readRecord(stateDirectory(name).record).processes.filter(({ role }) => role === 'daemon');
  for (const identity of daemons) signalProcess(identity, 'SIGKILL');
  while (daemons.some(isRunning)) await sleep(2);
}

const POD = {
  metadata: { namespace: 'default', name: 'shell' },
  spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'nginx' }] },
};

describe('faults on links', { timeout: 120_000 }, () => {
  it('limit, cut and heal exactly, on nodes and pods, and outlive the daemon', async () => {
    await withLab({ nodes: 2 }, async (lab) => {
      const whole = await ends(lab);
      expect((await lab.links()).every(({ fault }) => Object.keys(fault).length === 0)).toBe(true);

      // A black hole: small packets pass, large ones vanish both ways; who sends them believes in 1500.
      await set(lab, 'node-1', { mtu: 1280 });
      for (const [from, to] of [
        ['client', '192.168.1.11'],
        ['node-1', '192.168.1.100'],
      ] as const) {
        expect(await passes(lab, from, to, 1280)).toBe(true);
        expect(await passes(lab, from, to, 1281)).toBe(false);
      }
      // TCP connects, and then nothing more arrives, also of what leaves the sender as one large buffer.
      expect(await send(lab, 'client', 'node-1', '192.168.1.11', 100_000)).toBeUndefined();
      expect(await send(lab, 'node-1', 'client', '192.168.1.100', 100_000)).toBeUndefined();
      await lab.changeLink('node-1', { action: 'heal' });
      expect(await ends(lab)).toBe(whole);
      expect(await send(lab, 'client', 'node-1', '192.168.1.11', 100_000)).toBeDefined();

      // A quarter of the rate takes four times as long: 1 MB in 0.2 and 0.8 s.
      await set(lab, 'node-1', { rate: 40_000_000 });
      const fast = await send(lab, 'client', 'node-1', '192.168.1.11', 1_000_000);
      await set(lab, 'node-1', { rate: 10_000_000 });
      const slow = await send(lab, 'client', 'node-1', '192.168.1.11', 1_000_000);
      expect(slow! / fast!).toBeGreaterThan(2.5);

      // A pod's own link, and what is recorded, behind a daemon that died.
      await lab.transport.create(PODS, POD);
      const { ips } = await eventually(
        async () => (await lab.snapshot()).pods.find(({ name, ready }) => name === 'shell' && ready),
        30_000,
      );
      const ip = ips[0]!;
      expect(await passes(lab, 'node-1', ip, 100)).toBe(true);
      await lab.changeLink('shell', { action: 'cut' });
      expect(await passes(lab, 'node-1', ip, 100)).toBe(false);
      await killDaemon(lab.name);
      lab.close();
      await up({ name: lab.name, onNote: () => undefined }, () => undefined);
      const next = await connectLab(lab.name);
      try {
        const faults = (await next.links()).filter(({ fault }) => Object.keys(fault).length > 0);
        expect(faults.map(({ target, fault }) => [target, fault])).toEqual([
          ['node-1', { rate: 10_000_000 }],
          ['default/shell', { cut: true }],
        ]);
        expect(await passes(next, 'node-1', ip, 100)).toBe(false);
        await next.changeLink('default/shell', { action: 'heal' });
        await next.changeLink('node-1', { action: 'heal' });
        expect(await passes(next, 'node-1', ip, 100)).toBe(true);
        expect(await ends(next)).toBe(whole);
        await expect(next.changeLink('nobody', { action: 'cut' })).rejects.toThrow('there is no "nobody"');
      } finally {
        next.close();
      }
    });
  });
});

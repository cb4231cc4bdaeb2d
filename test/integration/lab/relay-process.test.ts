/** Mode userspace: what a crash of the daemon, and one of the relay process, does to connections. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { isRunning, signalProcess } from '../../../src/kernel/processes.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { up } from '../../../src/lab/up.ts';
import { PODS, SERVICES } from '../../../src/objects/resource.ts';
import { eventually } from '../scratch.ts';
import { withLab } from './fixture.ts';

const kernel = new LinuxKernel();
const POD = {
  metadata: { namespace: 'default', name: 'web', labels: { app: 'web' } },
  spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'nginx' }] },
};
const SERVICE = {
  metadata: { namespace: 'default', name: 'web' },
  spec: { clusterIP: '10.96.0.77', selector: { app: 'web' }, ports: [{ port: 80 }] },
};

function processesOf(name: string, role: string) {
  return readRecord(stateDirectory(name).record).processes.filter((each) => each.role === role && isRunning(each));
}

async function kill(name: string, role: string): Promise<void> {
  const victims = processesOf(name, role);
  expect(victims.length).toBeGreaterThan(0);
  for (const victim of victims) signalProcess(victim, 'SIGKILL');
  while (victims.some(isRunning)) await sleep(2);
}

/** What the Service answers to a request on a connection of its own; undefined when nobody does. */
function request(netns: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = kernel.sockets.connect(netns, { host: '10.96.0.77', port: 80 });
    let text = '';
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(/pod: (\S+)/.exec(text)?.[1]));
    socket.end('GET / HTTP/1.0\r\n\r\n');
  });
}

/** Where rules lead, by the Service port. */
async function relayPorts(netns: string): Promise<string[]> {
  const { stdout } = await kernel.read(netns, ['iptables-save', '-t', 'nat']);
  return [...stdout.matchAll(/KUBE-PORTALS-CONTAINER .*"(\S+)" .*--to-ports (\d+)/g)]
    .map(([, port, to]) => `${port} ${to}`)
    .sort();
}

describe('the relay process', { timeout: 120_000 }, () => {
  it('outlives the daemon with its connections, and comes back on its ports when it dies itself', async () => {
    await withLab({ nodes: 2, proxyMode: 'userspace' }, async (lab) => {
      await lab.transport.create(PODS, POD);
      await lab.transport.create(SERVICES, SERVICE);
      await eventually(async () => (await lab.snapshot()).pods.find(({ name }) => name === 'web')?.ready, 30_000);
      await lab.programmed();
      const netns = await lab.netnsOf('node-1');
      expect(await request(netns)).toBe('web');
      const before = await relayPorts(netns);
      expect(before.some((line) => line.startsWith('default/web '))).toBe(true);

      // A connection to the pod that is open all the while: half a request now, the rest at the end.
      const held = kernel.sockets.connect(netns, { host: '10.96.0.77', port: 80 });
      let answer = '';
      held.on('error', () => undefined);
      held.on('data', (data) => {
        answer += data;
      });
      held.write('GET / HTTP/1.0\r\n');
      const [relay] = processesOf(lab.name, 'relays');
      await kill(lab.name, 'daemon');
      expect(await request(netns)).toBe('web');
      lab.close();
      await up({ name: lab.name, onNote: () => undefined }, () => undefined);
      expect(processesOf(lab.name, 'relays')).toEqual([relay]);
      expect(await relayPorts(netns)).toEqual(before);
      held.write('\r\n');
      await eventually(() => answer.includes('pod: web'));
      held.destroy();

      await kill(lab.name, 'relays');
      await eventually(async () => (await request(netns)) === 'web', 10_000);
      expect(await relayPorts(netns)).toEqual(before);
      // The API is behind a relay too.
      await new Promise<void>((resolve, reject) => {
        const socket = kernel.sockets.connect(netns, { host: '10.96.0.1', port: 443 });
        connectTls({ socket, rejectUnauthorized: false }, () => resolve()).on('error', reject);
        socket.setTimeout(5_000, () => reject(new Error('no answer')));
      });
    });
  });
});

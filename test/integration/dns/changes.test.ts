/**
 * Questions without pause while endpoints change: every answer is a whole state of the API, one that held at some moment between the
 * question and the answer as far as this server had been told, and never one from before an answer already given.
 */
import type { Socket } from 'node:dgram';
import { decode, encode, type OptAnswer } from 'dns-packet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClusterDns } from '../../../src/dns/cluster-dns.ts';
import { readDnsConfig } from '../../../src/dns/server-config.ts';
import { ENDPOINT_SLICES, NAMESPACES, SERVICES } from '../../../src/objects/resource.ts';
import { service, slice } from '../../dns/fixtures.ts';
import { MemoryTransport } from '../../support/memory-transport.ts';
import { scratch } from '../scratch.ts';

const { kernel, create } = scratch();
const transport = new MemoryTransport();
const CHANGES = 300;
const AT_ONCE = 8;
let dns: ClusterDns;
let netns: string;

beforeAll(async () => {
  [netns] = (await create(['dns'])) as [string];
  await kernel.run(netns, [{ tool: 'ip', ops: [{ op: 'link-set', name: 'lo', up: true }] }]);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } });
  await transport.create(SERVICES, service('db', { clusterIP: 'None' }));
  await transport.create(ENDPOINT_SLICES, slice('db', endpointsOf(0)));
  dns = new ClusterDns({
    ...{ sockets: kernel.sockets, netns, address: '127.0.0.1', transport },
    config: readDnsConfig('.:53 {\n kubernetes cluster.local\n}'),
  });
  await dns.start();
});
afterAll(() => dns.stop());

/** The endpoints of the n-th state: between 1 and 40 of them, no two states alike. */
function endpointsOf(state: number) {
  return addressesOf(state).map((address) => ({ addresses: [address], conditions: { ready: true } }));
}

function addressesOf(state: number): string[] {
  const count = 1 + ((state * 7) % 40);
  return Array.from({ length: count }, (_, index) => `10.${state >> 8}.${state & 255}.${index + 1}`);
}

it('gives whole answers, each true while it was asked, none older than one before it', async () => {
  const sockets = await Promise.all(
    Array.from({ length: AT_ONCE }, () => kernel.sockets.bindUdp(netns, { host: '127.0.0.1', port: 0 })),
  );
  /** The latest state whose write has begun, and the latest an answer has shown. */
  let [begun, shown, ended] = [0, 0, false];
  const counts = { answers: 0, states: new Set<number>() };

  const asking = sockets.map(async (socket) => {
    for (let id = 1; !ended; id = (id + 1) & 0xffff) {
      const atLeast = shown;
      const addresses = await answer(socket, id);
      const state = stateOf(addresses);
      expect(addresses).toEqual(addressesOf(state).sort());
      expect(state).toBeGreaterThanOrEqual(atLeast);
      expect(state).toBeLessThanOrEqual(begun);
      shown = Math.max(shown, state);
      counts.answers += 1;
      counts.states.add(state);
    }
  });
  const changing = (async () => {
    for (let state = 1; state <= CHANGES; state += 1) {
      begun = state;
      const { metadata } = await transport.get(ENDPOINT_SLICES, { namespace: 'default', name: 'db-abc' });
      await transport.update(ENDPOINT_SLICES, { ...slice('db', endpointsOf(state)), metadata: metadata! });
      // An answer between two changes, or nothing would be seen of most.
      const seen = counts.answers;
      while (counts.answers === seen) await new Promise((resolve) => setImmediate(resolve));
    }
    while (shown < CHANGES) await new Promise((resolve) => setImmediate(resolve));
    ended = true;
  })();
  await Promise.all([changing, ...asking]);
  for (const socket of sockets) socket.close();
  expect(counts.states.size).toBeGreaterThan(CHANGES / 10);
});

/** The addresses of one answer, sorted. */
async function answer(socket: Socket, id: number): Promise<string[]> {
  const response = await new Promise<Buffer>((resolve) => {
    socket.once('message', resolve);
    const question = { name: 'db.default.svc.cluster.local', type: 'A' } as const;
    socket.send(encode({ type: 'query', id, questions: [question], additionals: [OPT] }), 53, '127.0.0.1');
  });
  const packet = decode(response);
  expect([packet.id, packet.flag_tc]).toEqual([id, false]);
  return packet.answers!.map((record) => (record as { data: string }).data).sort();
}

const OPT: OptAnswer = {
  ...{ name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
  type: 'OPT',
};

/** The state an address is of. */
function stateOf([address = '']: readonly string[]): number {
  const [, high, low] = address.split('.').map(Number);
  return high! * 256 + low!;
}

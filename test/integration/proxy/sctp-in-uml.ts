/**
 * Runs inside User-mode Linux (sctp.test.ts starts it): real SCTP associations through a Service, in each mode named. Prints JSON: for
 * each mode who answered a pod's associations (until both endpoints have, at most twenty), and whom they saw; what the outside client met at the node port.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import type { Netns } from '../../../src/kernel/kernel.ts';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../../src/objects/resource.ts';
import { KubeProxy } from '../../../src/proxy/kube-proxy.ts';
import { NODE, service, slice } from '../../proxy/fixtures.ts';
import { MemoryTransport } from '../../support/memory-transport.ts';
import { twoNodes } from './two-nodes.ts';

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, unsigned int size)');
const listen = libc.func('int listen(int fd, int backlog)');
const accept = libc.func('int accept(int fd, void *address, void *size)');
const connect = libc.func('int connect(int fd, const void *address, unsigned int size)');
const send = libc.func('long send(int fd, const void *data, size_t length, int flags)');
const recv = libc.func('long recv(int fd, void *data, size_t length, int flags)');
const close = libc.func('int close(int fd)');

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_SCTP = 132;
const CLUSTER_IP = '10.96.0.41';

const kernel = new LinuxKernel();
// Without it the answer of a pod on the client's own bridge passes no conntrack.
await kernel.read('', ['modprobe', 'br_netfilter']);
const net = await twoNodes({
  kernel,
  async create(parts: readonly string[]) {
    const names = parts.map((part) => `t.${part}`);
    await kernel.createNamespaces(names);
    return names;
  },
});
// The module is loaded by the first socket.
close(openSocket(''));
for (const [name, { netns }] of Object.entries(net.pods)) serve(netns, name);

const transport = new MemoryTransport();
const ports = [{ name: 'sctp', port: 80, protocol: 'SCTP', nodePort: 30_080 }];
await transport.create(SERVICES, service({ clusterIP: CLUSTER_IP, type: 'NodePort', ports }, 'ns1/sctp'));
const targets = [{ name: 'sctp', port: 8080, protocol: 'SCTP' }];
await transport.create(ENDPOINT_SLICES, slice(['10.244.1.3', '10.244.2.2'], { service: 'ns1/sctp', ports: targets }));
const say = (message: string, fields?: object) => console.error(message, JSON.stringify(fields));
const [first = 'iptables', ...others] = process.argv.slice(2) as ProxyMode[];
const proxy = new KubeProxy({
  nodeName: NODE,
  netns: net.node,
  nodeIPs: ['192.168.1.11'],
  clusterCIDRs: ['10.244.0.0/16'],
  mode: first,
  strictMode: true,
  transport,
  kernel,
  log: { info: () => undefined, warn: () => undefined, error: say },
  serveHealth: false,
});
await proxy.start();
const found: Record<string, { pod: string[]; outside: string }> = {};
for (const mode of [first, ...others]) {
  await proxy.switchMode(mode);
  const pod: string[] = [];
  for (let count = 0; count < 20 && new Set(pod).size < 2; count += 1)
    pod.push(await ask(net.pods.a.netns, CLUSTER_IP, 80));
  found[mode] = { pod, outside: await ask(net.client, '192.168.1.11', 30_080) };
}
process.stdout.write(JSON.stringify(found));
process.exit(0);

function openSocket(netns: Netns): number {
  const open = () => socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP) as number;
  const fd = netns === '' ? open() : kernel.within(netns, open);
  if (fd < 0) throw new Error('no SCTP sockets');
  return fd;
}

function addressOf(ip: string, port: number): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set(ip.split('.').map(Number), 4);
  return address;
}

/** Answers every association with its name and whom it sees. */
function serve(netns: Netns, name: string): void {
  const fd = openSocket(netns);
  if ((bind(fd, addressOf('0.0.0.0', 8080), 16) as number) < 0 || (listen(fd, 16) as number) < 0)
    throw new Error('cannot listen');
  setInterval(() => {
    const peer = Buffer.alloc(16);
    const size = Buffer.from(new Int32Array([16]).buffer);
    const accepted = accept(fd, peer, size) as number;
    if (accepted < 0) return;
    const text = Buffer.from(`${name} ${[...peer.subarray(4, 8)].join('.')}`);
    send(accepted, text, text.length, 0);
    close(accepted);
  }, 2);
}

/** What an association brings; `nothing` when it does not come about. */
async function ask(netns: Netns, ip: string, port: number): Promise<string> {
  const fd = openSocket(netns);
  try {
    connect(fd, addressOf(ip, port), 16);
    const deadline = Date.now() + 3_000;
    const data = Buffer.alloc(64);
    while (Date.now() < deadline) {
      const length = Number(recv(fd, data, data.length, 0));
      if (length > 0) return data.toString('utf8', 0, length);
      await sleep(2);
    }
    return 'nothing';
  } finally {
    close(fd);
  }
}

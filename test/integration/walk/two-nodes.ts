/**
 * Two nodes joined by VXLAN as flannel does it, a pod on each, an outside client, and on node-1 a NodePort made by
 * hand: 30080 → 10.244.2.2:80 with masquerading. Everything lives in namespaces named `LAB.*`; `remove` deletes them.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { Kernel, KernelProcess } from '../../../src/kernel/kernel.ts';
import type { CapturePoint } from '../../../src/walk/hops.ts';

const HOSTS = ['fabric', 'client', 'node-1', 'node-2', 'default.a', 'default.b'] as const;

export interface TwoNodes {
  readonly points: readonly CapturePoint[];
  netns(host: (typeof HOSTS)[number]): string;
  run(host: (typeof HOSTS)[number], command: string): string;
  remove(): void;
}

export function buildTwoNodes(lab: string): TwoNodes {
  const netns = (host: string): string => `${lab}.${host}`;
  const sh = (script: string): string =>
    execFileSync('sh', ['-ec', script], { encoding: 'utf8', stdio: 'pipe', timeout: 20_000 });
  const run = (host: string, command: string): string => sh(`ip netns exec ${netns(host)} ${command}`);
  const remove = (): void => {
    const there = sh('ip netns list');
    for (const host of HOSTS) if (there.includes(netns(host))) sh(`ip netns del ${netns(host)}`);
  };
  try {
    for (const host of HOSTS) {
      sh(`ip netns add ${netns(host)}`);
      run(host, 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1');
      run(host, 'ip link set lo up');
    }
    run('fabric', 'ip link add underlay type bridge');
    run('fabric', 'ip link set underlay up');
    const underlay = { client: '192.168.1.100', 'node-1': '192.168.1.11', 'node-2': '192.168.1.12' };
    for (const [host, ip] of Object.entries(underlay)) {
      run('fabric', `ip link add ${host} master underlay type veth peer name eth0 netns ${netns(host)}`);
      run('fabric', `ip link set ${host} up`);
      run(host, `ip addr add ${ip}/24 dev eth0`);
      run(host, 'ip link set eth0 up');
    }
    const nodes = [
      { node: 'node-1', n: 1, peer: 2, pod: 'default.a', port: 'vetha', peerIp: '192.168.1.12' },
      { node: 'node-2', n: 2, peer: 1, pod: 'default.b', port: 'vethb', peerIp: '192.168.1.11' },
    ];
    for (const { node, n, peer, pod, port, peerIp } of nodes) {
      run(node, 'sysctl -qw net.ipv4.ip_forward=1');
      run(node, 'ip link add cni0 mtu 1450 type bridge');
      run(node, `ip addr add 10.244.${n}.1/24 dev cni0`);
      run(node, 'ip link set cni0 up');
      run(node, `ip link add ${port} mtu 1450 master cni0 type veth peer name eth0 mtu 1450 netns ${netns(pod)}`);
      run(node, `ip link set ${port} up`);
      run(pod, `ip addr add 10.244.${n}.2/24 dev eth0`);
      run(pod, 'ip link set eth0 up');
      run(pod, `ip route add default via 10.244.${n}.1`);
      run(
        node,
        `ip link add flannel.1 address 02:00:00:00:00:0${n} mtu 1450 type vxlan id 1 dstport 8472 nolearning dev eth0`,
      );
      run(node, `ip addr add 10.244.${n}.0/32 dev flannel.1`);
      run(node, 'ip link set flannel.1 up');
      run(node, `ip route add 10.244.${peer}.0/24 via 10.244.${peer}.0 dev flannel.1 onlink`);
      run(node, `ip neigh add 10.244.${peer}.0 lladdr 02:00:00:00:00:0${peer} dev flannel.1 nud permanent`);
      run(node, `bridge fdb add 02:00:00:00:00:0${peer} dev flannel.1 dst ${peerIp}`);
    }
    run('node-1', 'iptables -t nat -A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination 10.244.2.2:80');
    run('node-1', 'iptables -t nat -A POSTROUTING -p tcp -d 10.244.2.2 --dport 80 -j MASQUERADE');
  } catch (error) {
    remove();
    throw error;
  }
  const role = (host: string): CapturePoint['role'] =>
    host === 'fabric' ? 'fabric' : host === 'client' ? 'host' : host.includes('.') ? 'pod' : 'node';
  return {
    points: HOSTS.map((host) => ({
      netns: netns(host),
      host: host === 'fabric' ? 'underlay' : host.replace('.', '/'),
      role: role(host),
    })),
    netns,
    run,
    remove,
  };
}

/** The two operations a capture needs, by `ip netns exec`; `onStdout` sees the raw bytes of each process. */
export function plainKernel(
  onStdout: (netns: string, chunk: Buffer) => void = () => undefined,
): Pick<Kernel, 'read' | 'spawn'> {
  const start = (netns: string, argv: readonly string[]) => spawn('ip', ['netns', 'exec', netns, ...argv]);
  return {
    read: (netns, argv) =>
      new Promise((resolve, reject) => {
        const child = start(netns, argv);
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
        child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
        child.on('error', reject);
        child.on('close', (code) => resolve({ stdout, stderr, exitCode: code ?? 1 }));
      }),
    spawn: (netns, argv): KernelProcess => {
      const child = start(netns, argv);
      child.stdout.on('data', (chunk: Buffer) => onStdout(netns, chunk));
      return {
        pid: child.pid ?? -1,
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: child.stderr,
        exited: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal }))),
        kill: (signal) => void child.kill(signal),
      };
    },
  };
}

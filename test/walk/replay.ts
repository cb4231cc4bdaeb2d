/**
 * A kernel that plays back what tcpdump once wrote. The recordings under `recorded/` were made by
 * `RECORD=1 vitest run --project integration test/integration/walk` (as root): a ping from pod to pod across VXLAN,
 * and a TCP connection from the client through a NodePort of node-1 to the pod on node-2.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Kernel, KernelProcess } from '../../src/kernel/kernel.ts';
import type { CapturePoint } from '../../src/walk/hops.ts';

export const POINTS: readonly CapturePoint[] = [
  { netns: 'lab.fabric', host: 'underlay', role: 'fabric' },
  { netns: 'lab.client', host: 'client', role: 'host' },
  { netns: 'lab.node-1', host: 'node-1', role: 'node' },
  { netns: 'lab.node-2', host: 'node-2', role: 'node' },
  { netns: 'lab.default.a', host: 'default/a', role: 'pod' },
  { netns: 'lab.default.b', host: 'default/b', role: 'pod' },
];

/** Plays the recording `name`; `signals` collects what the processes were sent. */
export function replayingKernel(name: string, signals: string[] = []): Pick<Kernel, 'read' | 'spawn'> {
  const folder = join(import.meta.dirname, 'recorded', name);
  const hostOf = (netns: string): string => POINTS.find((point) => point.netns === netns)!.host;
  const links = JSON.parse(readFileSync(join(folder, 'links.generated.json'), 'utf8')) as Record<string, unknown>;
  return {
    read: async (netns, argv) => {
      const conntrack = hostOf(netns) === 'node-1' ? readFileSync(join(folder, 'conntrack.txt'), 'utf8') : '';
      const stdout = argv[0] === 'conntrack' ? conntrack : JSON.stringify(links[hostOf(netns)]);
      return { stdout, stderr: '', exitCode: 0 };
    },
    spawn: (netns): KernelProcess => replayingProcess(join(folder, `${hostOf(netns).replace('/', '.')}.pcap`), signals),
  };
}

/** Says it listens, writes the file in odd pieces, counts its packets on SIGUSR1, ends on SIGINT. */
function replayingProcess(file: string, signals: string[]): KernelProcess {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const { promise: exited, resolve } = Promise.withResolvers<Awaited<KernelProcess['exited']>>();
  stderr.write('tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 2048 bytes\n');
  for (let offset = 0; offset < bytes.length; offset += 37) stdout.write(bytes.subarray(offset, offset + 37));
  return {
    pid: 1,
    stdin: null,
    stdout,
    stderr,
    exited,
    kill: (signal = 'SIGTERM') => {
      signals.push(signal);
      if (signal === 'SIGUSR1') {
        const n = countPackets(bytes);
        stderr.write(`tcpdump: ${n} packets captured, ${n} packets received by filter, 0 packets dropped by kernel\n`);
      } else {
        resolve({ code: 0, signal: null });
      }
    },
  };
}

function countPackets(bytes: Buffer): number {
  let count = 0;
  for (let offset = 24; offset < bytes.length; offset += 16 + bytes.readUInt32LE(offset + 8)) count += 1;
  return count;
}

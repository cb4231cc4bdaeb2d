/**
 * P8: bytes from a pod to a pod of another node, over VXLAN, beside the same path wired by hand: bridges, veths and a VXLAN
 * device, without API, CNI and kube-proxy's rules; and with the same rules.
 */
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { kubectlMissing, notBuilt, withLab } from '../bench-lab.ts';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { type Path, type WiredPath, withWires } from '../hand-wiring.ts';
import { inTurns } from '../measure.ts';
import { withGreeter } from '../peers.ts';

const ROUNDS = { most: 9, budgetMs: 60_000 };
const BYTES = { whole: 1e9, quick: 1e7 };
const PORT = 5001;
const READY_WITHIN = '20s';
/** 0.97 of the throughput takes so much longer. */
const MOST_LONGER = 1.03;
/** A transfer that gives nothing for so long has failed. */
const STALLED_MS = 5_000;

export const podThroughput: Benchmark = {
  name: 'pod-throughput',
  targets: ['P8'],
  title: 'Bytes from a pod to a pod of another node over VXLAN, one connection',
  unit: 'MB',
  async run(context) {
    const missing = [...notBuilt(context), ...(await kubectlMissing(context))];
    if (missing.length > 0) return { samples: [], missing };
    const bytes = context.isQuick ? BYTES.quick : BYTES.whole;
    const times = await withLab(context, {}, (lab) =>
      withPods(lab, (pods) =>
        withWires(context, { name: 'hand', checksums: true, tracking: true }, (byHand) =>
          withWires(context, { name: 'rules', checksums: true, tracking: true }, (withRules) =>
            withWires(context, { name: 'plain', checksums: true, tracking: false }, (plain) =>
              withWires(context, { name: 'offload', checksums: false, tracking: false }, async (offloaded) => {
                await copyRules(context, lab, withRules);
                const paths = { pods, byHand, withRules, plain, offloaded };
                const ways = Object.entries(paths).map(([name, path]) => [name, () => transfer(context, path, bytes)]);
                return inTurns(context, ROUNDS, Object.fromEntries(ways));
              }),
            ),
          ),
        ),
      ),
    );
    const [size, against] = [bytes / 1e6, 'wired by hand'];
    return {
      samples: [
        { label: 'pods of a lab', size, values: times.pods!, targets: [{ against, bound: { atMost: MOST_LONGER } }] },
        { label: against, size, values: times.byHand! },
        { label: 'by hand, with the rules of the lab', size, values: times.withRules! },
        { label: 'by hand, connections not tracked', size, values: times.plain! },
        { label: 'by hand, not tracked, checksums left to the device', size, values: times.offloaded! },
      ],
      missing,
      notes: [
        `${size} MB in T ms are ${size * 8} / T Gbit/s. flannel computes checksums itself (ethtool -K flannel.1 tx off), so does "by hand".`,
        'By hand there is one rule, which masquerades; a lab has those of kube-proxy, flannel and the kubelet, which every packet passes.',
        'Sender and receiver are Node processes, which share the machine with the path between them.',
      ],
    };
  },
};

/** Runs `action` with the path between two pods of the lab, on different nodes. */
async function withPods<T>(lab: LabHandle, action: (path: Path) => Promise<T>): Promise<T> {
  const pods = ['node-1', 'node-2'].map((nodeName) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `on-${nodeName}` },
    spec: { nodeName, containers: [{ name: 'web', image: 'nginx' }] },
  }));
  const kubectl = async (args: readonly string[], stdin?: string) => {
    const { exitCode, stdout, stderr } = await lab.kubectl(args, stdin);
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr.trim()}`);
    return stdout;
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }));
  await kubectl(['wait', '--for=condition=Ready', `--timeout=${READY_WITHIN}`, 'pod/on-node-1', 'pod/on-node-2']);
  const ip = await kubectl(['get', 'pod', 'on-node-1', '-o', 'jsonpath={.status.podIP}']);
  return action({ from: { netns: await lab.netnsOf('on-node-1'), ip }, to: await lab.netnsOf('on-node-2') });
}

/** What `iptables-save` shows of the lab's nodes, in those of the other path. Packets are not counted there: that needs further objects. */
async function copyRules({ kernel }: BenchmarkContext, lab: LabHandle, { nodes }: WiredPath): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    const { stdout } = await kernel.read(await lab.netnsOf(`node-${index + 1}`), ['iptables-save']);
    const text = stdout.replaceAll(/-m nfacct --nfacct-name +\S+ /g, '');
    const { exitCode, stderr } = await kernel.read(node, ['iptables-restore'], text);
    if (exitCode !== 0) throw new Error(`the rules of node-${index + 1} cannot be copied: ${stderr.trim()}`);
  }
}

/** Milliseconds until the last byte has been read. */
function transfer({ kernel }: BenchmarkContext, { from, to }: Path, bytes: number): Promise<number> {
  const endpoint = { host: from.ip, port: PORT };
  const download = () =>
    new Promise<number>((resolve, reject) => {
      const start = performance.now();
      const socket = kernel.sockets.connect(to, endpoint);
      let read = 0;
      socket.on('data', ({ length }: Buffer) => {
        read += length;
      });
      socket.setTimeout(STALLED_MS, () => socket.destroy(new Error(`nothing comes from ${from.ip}`)));
      socket.once('error', reject);
      socket.once('end', () => {
        socket.destroy();
        if (read === bytes) resolve(performance.now() - start);
        else reject(new Error(`${read} of ${bytes} bytes came from ${from.ip}`));
      });
    });
  return withGreeter(kernel, from.netns, endpoint, download, bytes);
}

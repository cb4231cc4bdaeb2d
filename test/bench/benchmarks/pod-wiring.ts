/** P2, the kernel's part: N pods wired onto two nodes, beside shell scripts that do the same. */
import { planBridge } from '../../../src/cni/bridge.ts';
import { cidrOf, nthAddress } from '../../../src/net/cidr.ts';
import { podNetns } from '../../../src/node/pod-netns.ts';
import { PodNetwork } from '../../../src/node/pod-network.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';
import { inTurns, timed } from '../measure.ts';

const ROUNDS = { most: 5, budgetMs: 30_000 };
const NETWORK = '10.240.0.0/12';

const MTU = 1450;

interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly netns: string;
  readonly veth: string;
  readonly address: string;
}

interface NodeWithPods {
  readonly netns: string;
  readonly podCidr: string;
  readonly pods: readonly Pod[];
}

export const podWiring: Benchmark = {
  name: 'pod-wiring',
  targets: ['P2'],
  title: 'N pods wired onto two nodes: namespace, veth, bridge port, address, routes',
  unit: 'pods',
  async run(context) {
    const samples: Sample[] = [];
    for (const size of context.isQuick ? [10] : [10, 100]) samples.push(...(await wire(context, size)));
    return {
      samples,
      missing: [
        {
          name: 'Mininet',
          why: 'it wires hosts into the host’s own namespace, which a benchmark may not touch; compare by hand',
          install: 'apt-get install mininet && mn --switch lxbr --controller none --topo single,100 --test none',
        },
      ],
    };
  },
};

function layOut(prefix: string, size: number): NodeWithPods[] {
  return [0, 1].map((node) => {
    const podCidr = `10.244.${node * 4}.0/22`;
    const count = node === 0 ? Math.ceil(size / 2) : Math.floor(size / 2);
    const pods = Array.from({ length: count }, (_, index) => ({
      namespace: `n${node}`,
      name: `p${index}`,
      uid: `${node}-${index}`,
      netns: podNetns(prefix, `n${node}`, `p${index}`),
      veth: `veth${node}${index.toString(16).padStart(7, '0')}`,
      address: nthAddress(cidrOf(podCidr), index + 2),
    }));
    return { netns: `${prefix}.n${node}`, podCidr, pods };
  });
}

async function wire(context: BenchmarkContext, size: number): Promise<Sample[]> {
  const nodes = layOut(context.prefix, size);
  context.progress(`pod-wiring: ${size} pods`);
  const times = await inTurns(context, ROUNDS, {
    podwire: () => onNodes(context, nodes, () => attach(context, nodes)),
    'shell, 3 ip processes per pod': () => onNodes(context, nodes, () => shell(context, nodes.map(threePerPod))),
    'shell, 8 ip processes per pod': () => onNodes(context, nodes, () => shell(context, nodes.map(eightPerPod))),
  });
  const bounds: Record<string, number> = { 10: 150, 100: 600 };
  return Object.entries(times).map(([label, values]): Sample => {
    if (label !== 'podwire') return { label, size, values };
    const targets = [{ against: 'shell, 3 ip processes per pod', bound: undefined }];
    return { label, size, values, targets, ...(bounds[size] === undefined ? {} : { limit: bounds[size] }) };
  });
}

/** `size` pods wired onto two nodes and removed again: the milliseconds of the wiring. */
export function wireOnTwoNodes(context: BenchmarkContext, size: number): Promise<number> {
  const nodes = layOut(context.prefix, size);
  return onNodes(context, nodes, () => attach(context, nodes));
}

/** Nodes with their bridges, not counted; everything is deleted afterwards, the pods too. */
async function onNodes(context: BenchmarkContext, nodes: readonly NodeWithPods[], action: () => Promise<unknown>) {
  const { kernel } = context;
  await kernel.createNamespaces(nodes.map(({ netns }) => netns));
  try {
    for (const { netns, podCidr } of nodes) {
      await kernel.run(netns, planBridge({ netns, blocks: [{ podCidr, network: NETWORK }], mtu: MTU }));
    }
    return await timed(action);
  } finally {
    await kernel.deleteNamespaces(nodes.flatMap(({ netns, pods }) => [...pods.map((pod) => pod.netns), netns]));
  }
}

/** As the kubelets ask for it: all pods of a node at once. */
async function attach({ kernel, prefix }: BenchmarkContext, nodes: readonly NodeWithPods[]): Promise<void> {
  await Promise.all(
    nodes.map(async ({ netns, podCidr, pods }) => {
      const network = new PodNetwork({ kernel, lab: prefix, netns, blocks: [{ podCidr, network: NETWORK }], mtu: MTU });
      for (const answer of (await network.attach(pods)).values()) if (answer instanceof Error) throw answer;
    }),
  );
}

/** One script per node, side by side. */
async function shell({ kernel }: BenchmarkContext, scripts: readonly string[]): Promise<void> {
  const results = await Promise.all(scripts.map((script) => kernel.read('', ['sh', '-e'], script)));
  for (const { exitCode, stderr } of results) {
    if (exitCode !== 0) throw new Error(`the shell script failed: ${stderr.trim()}`);
  }
}

function eightPerPod({ netns: node, podCidr, pods }: NodeWithPods): string {
  const cidr = cidrOf(podCidr);
  const gateway = nthAddress(cidr, 1);
  const lines = pods.flatMap(({ netns, veth, address }) => [
    `ip netns add ${netns}`,
    `ip -n ${node} link add ${veth} type veth peer name eth0 netns ${netns}`,
    `ip -n ${node} link set ${veth} master cni0`,
    `ip -n ${node} link set ${veth} up`,
    `ip -n ${netns} link set lo up`,
    `ip -n ${netns} addr add ${address}/${cidr.prefix} dev eth0`,
    `ip -n ${netns} link set eth0 up`,
    `ip -n ${netns} route add default via ${gateway}`,
  ]);
  return `${lines.join('\n')}\n`;
}

function threePerPod({ netns: node, podCidr, pods }: NodeWithPods): string {
  const cidr = cidrOf(podCidr);
  const gateway = nthAddress(cidr, 1);
  const lines = pods.flatMap(({ netns, veth, address }) => [
    `ip netns add ${netns}`,
    `ip -n ${node} link add ${veth} master cni0 up type veth peer name eth0 netns ${netns}`,
    `printf 'link set lo up\\naddr add ${address}/${cidr.prefix} dev eth0\\nlink set eth0 up\\nroute add default via ${gateway}\\n' | ip -n ${netns} -batch -`,
  ]);
  return `${lines.join('\n')}\n`;
}

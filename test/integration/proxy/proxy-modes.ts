/** What the cases of kube-proxy must know of a backend: how its rules are read, broken, and found to be gone. */
import type { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import { observeTable } from '../../../src/proxy/backends/nftables/listing.ts';
import { CHAINS } from '../../../src/proxy/backends/userspace/chain-names.ts';

export interface ModeUnderTest {
  readonly mode: ProxyMode;
  /**
   * True when a process of the node's carries the traffic (Kubernetes' documents on virtual IPs: "user space proxy mode"): pods
   * see the node's address, and a Service without endpoints is accepted, then closed.
   */
  readonly isRelayed: boolean;
  /** True when node ports answer on 127.0.0.1 too. */
  readonly hasLoopbackNodePorts: boolean;
  /** Ways in which someone else takes the rules away. */
  readonly flushes: readonly ((kernel: LinuxKernel, netns: string) => Promise<void>)[];
  /** Takes away so little that traffic goes on. */
  lose(kernel: LinuxKernel, netns: string): Promise<void>;
  /** All rules in a form in which two equal sets of rules are equal. */
  rules(kernel: LinuxKernel, netns: string): Promise<unknown>;
  /** What changes when rules that name `words` are written anew; several lines once they have seen traffic. */
  traces(kernel: LinuxKernel, netns: string, words: string): Promise<string[]>;
  /** What of this backend stands. */
  left(kernel: LinuxKernel, netns: string): Promise<string[]>;
}

/** Takes the one rule of a chain that is for 10.96.0.44. */
function deleteRule(chain: string) {
  return run('sh', '-c', `iptables -t nat -S ${chain} | grep -F 10.96.0.44 | sed s/-A/-D/ | xargs iptables -t nat`);
}

function run(...argv: [string, ...string[]]) {
  return async (kernel: LinuxKernel, netns: string) => kernel.run(netns, [{ tool: 'command', argv }]);
}

async function print(kernel: LinuxKernel, netns: string, argv: [string, ...string[]]): Promise<string[]> {
  const { stdout } = await kernel.read(netns, argv);
  return stdout.split('\n');
}

const DISPATCH = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES'];

export const IPTABLES: ModeUnderTest = {
  mode: 'iptables',
  isRelayed: false,
  hasLoopbackNodePorts: true,
  flushes: [
    // Without --noflush: an empty table takes the place of the old one.
    async (kernel, netns) => {
      await kernel.read(netns, ['iptables-restore'], '*nat\nCOMMIT\n*filter\nCOMMIT\n*mangle\nCOMMIT\n');
    },
    run('iptables', '-t', 'nat', '-F'),
    deleteRule('KUBE-SERVICES'),
  ],
  lose: run('iptables', '-t', 'mangle', '-X', 'KUBE-PROXY-CANARY'),
  async rules(kernel, netns) {
    const rules = (await print(kernel, netns, ['iptables-save'])).filter((line) => line.startsWith('-A'));
    const byChain = Map.groupBy(rules, (line) => line.split(' ')[1]!);
    // Which rule of a dispatch chain comes first is of no account.
    for (const chain of DISPATCH) byChain.get(chain)?.sort();
    return [...byChain.values()].map((each) => each.join('\n')).sort();
  },
  async traces(kernel, netns, words) {
    const rules = await print(kernel, netns, ['iptables-save', '-c', '-t', 'nat']);
    return rules.filter((line) => line.includes(words) && !line.startsWith('[0:0]'));
  },
  async left(kernel, netns) {
    const lines = await print(kernel, netns, ['iptables-save']);
    return lines.filter((line) => line.includes('KUBE-') && !line.includes('KUBE-FIREWALL'));
  },
};

const PORTALS = [...CHAINS.nat, ...CHAINS.filter];

export const USERSPACE: ModeUnderTest = {
  ...IPTABLES,
  mode: 'userspace',
  isRelayed: true,
  flushes: [
    ...IPTABLES.flushes.slice(0, 2),
    run('iptables', '-t', 'nat', '-F', 'KUBE-PORTALS-CONTAINER'),
    deleteRule('KUBE-PORTALS-CONTAINER'),
  ],
  // The node's own packets alone; pods' go on.
  lose: run('iptables', '-t', 'nat', '-F', 'KUBE-PORTALS-HOST'),
  async rules(kernel, netns) {
    const rules = (await print(kernel, netns, ['iptables-save'])).filter((line) => line.startsWith('-A'));
    const byChain = Map.groupBy(rules, (line) => line.split(' ')[1]!);
    for (const chain of PORTALS) byChain.get(chain)?.sort();
    return [...byChain.values()].map((each) => each.join('\n')).sort();
  },
};

const LIST = ['list', 'table', 'ip', 'kube-proxy'] as const;

interface ListedRule {
  readonly rule?: {
    readonly chain: string;
    readonly handle: number;
    readonly expr: unknown;
    readonly comment?: string;
  };
}

export const NFTABLES: ModeUnderTest = {
  mode: 'nftables',
  isRelayed: false,
  hasLoopbackNodePorts: false,
  flushes: [
    run('nft', 'flush', 'ruleset'),
    run('nft', 'flush', 'table', 'ip', 'kube-proxy'),
    run('nft', 'flush', 'chain', 'ip', 'kube-proxy', 'services'),
    run('nft', 'delete', 'element', 'ip', 'kube-proxy', 'service-ips', '{ 10.96.0.44 . tcp . 80 }'),
  ],
  lose: run('nft', 'flush', 'chain', 'ip', 'kube-proxy', 'masquerading'),
  async rules(kernel, netns) {
    const listing = (await print(kernel, netns, ['nft', '-j', ...LIST])).join('\n');
    const { nftables } = JSON.parse(listing) as { nftables: ListedRule[] };
    const rules = nftables.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
    const byChain = Map.groupBy(rules, ({ chain }) => chain);
    return {
      table: observeTable(listing),
      rules: new Map([...byChain].map(([chain, own]) => [chain, own.map(({ expr, comment }) => ({ expr, comment }))])),
    };
  },
  // There are no counters; a rule that is written anew gets another handle.
  async traces(kernel, netns, words) {
    const [, namespace, service] = /^(.+)\/(.+):/.exec(words)!;
    const lines = await print(kernel, netns, ['nft', '-a', ...LIST]);
    const chain = lines.findIndex(
      (line) => line.includes(`chain service-`) && line.includes(`${namespace}/${service}/`),
    );
    return lines.slice(chain, chain + 2);
  },
  async left(kernel, netns) {
    const lines = await print(kernel, netns, ['nft', 'list', 'tables']);
    return lines.filter((line) => line.includes('kube-proxy'));
  },
};

/** Everything the ipvs backend has in a kernel, without what the kernel chooses. */
async function ipvsListings(kernel: LinuxKernel, netns: string): Promise<string[]> {
  const sets = (await print(kernel, netns, ['ipset', 'save'])).map((line) => line.replace(/ initval \S+/, ''));
  const links = (await print(kernel, netns, ['ip', '-o', 'address', 'show', 'dev', 'kube-ipvs0'])).map((line) =>
    line.replace(/^\d+: /, ''),
  );
  return [...(await print(kernel, netns, ['ipvsadm', '-Sn'])), ...sets, ...links];
}

export const IPVS: ModeUnderTest = {
  mode: 'ipvs',
  hasLoopbackNodePorts: false,
  isRelayed: false,
  flushes: [
    run('ipvsadm', '--clear'),
    run('ip', 'link', 'delete', 'kube-ipvs0'),
    run('ipset', 'del', 'KUBE-CLUSTER-IP', '10.96.0.44,tcp:80'),
  ],
  lose: run('ipset', 'flush', 'KUBE-LOOP-BACK'),
  async rules(kernel, netns) {
    const rules = (await print(kernel, netns, ['iptables-save'])).filter((line) => line.startsWith('-A'));
    return [rules, (await ipvsListings(kernel, netns)).sort()];
  },
  // A virtual server that is made anew counts from 0.
  async traces(kernel, netns) {
    const lines = await print(kernel, netns, ['ipvsadm', '-Ln', '--stats']);
    const first = lines.findIndex((line) => line.includes('10.96.0.41:80 '));
    return lines.slice(first, first + 3);
  },
  async left(kernel, netns) {
    const rules = await print(kernel, netns, ['iptables-save']);
    const listings = (await ipvsListings(kernel, netns)).filter((line) => line !== '');
    return [...rules.filter((line) => line.includes('KUBE-') && !line.includes('KUBE-FIREWALL')), ...listings];
  },
};

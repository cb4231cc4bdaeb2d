/** What a lab could leave on a host, or change there: one fact a line, to be compared before and after. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const SYSCTLS = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/all/route_localnet',
  'net/ipv4/conf/all/rp_filter',
  'net/ipv4/conf/default/rp_filter',
  'net/ipv6/conf/all/forwarding',
  'net/ipv6/conf/all/disable_ipv6',
  'net/ipv6/conf/default/disable_ipv6',
  'net/netfilter/nf_conntrack_max',
  'net/bridge/bridge-nf-call-iptables',
  'net/bridge/bridge-nf-call-ip6tables',
  'net/bridge/bridge-nf-call-arptables',
];

/** The host's own network: what no lab may ever change, whoever else is at work on the host. */
export function hostNetworkFacts(): string[] {
  return [
    ...linesOf('ip', '-o', 'link'),
    ...linesOf('ip', '-o', '-4', 'addr'),
    ...linesOf('ip', 'route', 'show', 'table', 'all'),
    ...linesOf('ip', 'rule'),
    ...linesOf('nft', 'list', 'ruleset').map((line) => line.replace(/packets \d+ bytes \d+/, '')),
    ...SYSCTLS.filter((path) => existsSync(`/proc/sys/${path}`)).map(
      (path) => `${path} = ${readFileSync(`/proc/sys/${path}`, 'utf8').trim()}`,
    ),
  ];
}

function linesOf(file: string, ...args: string[]): string[] {
  const text = execFileSync(file, args, { encoding: 'utf8' });
  return text.split('\n').map((line) => `${file} ${args.join(' ')}: ${line.trim()}`);
}

/** Everything of the lab `name` that can be seen from the host; empty when nothing is left. */
export function tracesOf(name: string, stateRoot = '/run/podwire'): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return [
    ...entriesOf('/run/netns')
      .filter((netns) => netns.startsWith(`${name}.`))
      .map((netns) => `namespace ${netns}`),
    ...entriesOf(stateRoot)
      .filter((entry) => entry === name || entry.startsWith(`${name}.`))
      .map((entry) => `file ${stateRoot}/${entry}`),
    ...mounts.filter((line) => line.includes(`/${name}.`) || line.includes(`/${name}/`)).map((line) => `mount ${line}`),
    ...processesNaming(name),
  ];
}

/** Processes whose command line names the lab (its daemon, pods process, programs), but for this test's own. */
function processesNaming(name: string): string[] {
  const naming = new RegExp(`(^|[^-\\w])${name}($|[^-\\w])`);
  return pids()
    .filter((pid) => pid !== process.pid)
    .map((pid) => `process ${pid}: ${commandOf(pid)}`)
    .filter((line) => naming.test(line));
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

function entriesOf(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // ended meanwhile
  }
}

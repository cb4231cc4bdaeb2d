/** Virtual servers, ipsets and the addresses of kube-ipvs0 in sections, each line with what it is there for. Pure. */
import type { IpFamily } from '../../net/ip.ts';
import { DUMMY_DEVICE, kernelName, SET_NAMES } from '../../proxy/backends/ipvs/names.ts';
import type { RuleSubject } from '../../proxy/backends/rule-subject.ts';
import type { RuleLine, RuleSection } from './rule-section.ts';

export interface IpvsListings {
  /** `ipvsadm -Sn`, `ipset save`, `ip -o address show dev kube-ipvs0`. */
  readonly servers: string;
  readonly sets: string;
  readonly addresses: string;
}

/** Those of one family: a section for the virtual servers, one for each set, one for the device; `subjects` by item id. */
export function ipvsSections(
  { servers, sets, addresses }: IpvsListings,
  subjects: ReadonlyMap<string, RuleSubject>,
  family: IpFamily,
): RuleSection[] {
  const own = linesOf(servers).filter((text) => / \[/.test(text) === (family === 6));
  return [
    { place: 'ipvsadm', lines: own.map((text) => line(text, serverSubject(text, subjects))) },
    ...setSections(sets, subjects, family),
    { place: DUMMY_DEVICE, lines: linesOf(addresses).flatMap((text) => addressLine(text, subjects, family)) },
  ];
}

function linesOf(listing: string): string[] {
  return listing
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function line(text: string, about: RuleSubject | undefined): RuleLine {
  return { text, ...(about === undefined ? {} : { about }) };
}

const PROTOCOLS: Readonly<Record<string, string>> = { '-t': 'TCP', '-u': 'UDP', '--sctp-service': 'SCTP' };

/** `-A -t 10.96.0.1:443 …`; of a real server (`-a … -r 10.244.1.2:6443`) also which endpoint. */
function serverSubject(text: string, subjects: ReadonlyMap<string, RuleSubject>): RuleSubject | undefined {
  const [command, option = '', address, , realServer] = text.split(' ');
  const about = subjects.get(`${PROTOCOLS[option]} ${address}`);
  if (about === undefined || command !== '-a') return about;
  return { ...about, part: `${about.part}, endpoint ${realServer}${text.endsWith(' -w 0') ? ', leaving' : ''}` };
}

function setSections(save: string, subjects: ReadonlyMap<string, RuleSubject>, family: IpFamily): RuleSection[] {
  const sets = new Map(SET_NAMES.map((set) => [kernelName(set, family), set]));
  const sections = new Map<string, RuleLine[]>();
  for (const text of linesOf(save)) {
    const [command, name = '', ...rest] = text.split(' ');
    const set = sets.get(name);
    if (set === undefined) continue;
    if (command === 'create') sections.set(name, [line(rest.join(' ').replace(/ initval \S+/, ''), undefined)]);
    const entry = rest.join(' ');
    if (command === 'add') sections.get(name)?.push(line(entry, subjects.get(`${set} ${entry}`)));
  }
  return [...sections].map(([name, lines]) => ({ place: `ipset ${name}`, lines }));
}

/** `3: kube-ipvs0    inet 10.96.0.1/32 scope global …`. */
function addressLine(text: string, subjects: ReadonlyMap<string, RuleSubject>, family: IpFamily): RuleLine[] {
  const [, cidr] = (family === 6 ? / inet6 (\S+)/ : / inet (\S+)/).exec(text) ?? [];
  if (cidr === undefined) return [];
  return [line(cidr, subjects.get(`address ${cidr.slice(0, cidr.indexOf('/'))}`))];
}

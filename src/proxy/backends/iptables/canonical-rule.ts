/**
 * One form for a rule of iptables, whether it is written as kube-proxy writes it or printed by `iptables-save`, so that the two can be
 * compared. The tools (legacy and nft) print matches in an order of their own, addresses with their prefix, numbers as the kernel has
 * them and options that are defaults (iptables 1.8: xshared.c and the extensions' save functions). Pure.
 */
import { formatCidr, parseCidr } from '../../../net/cidr.ts';
import { formatIp, parseIp } from '../../../net/ip.ts';

/** Each option with its values, its `!` among them, is a piece. No word of a comment of ours looks like an option. */
const BETWEEN_OPTIONS = /(?<!!) (?=(?:! )?--?[a-z])/;

const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['6', 'tcp'],
  ['17', 'udp'],
  ['132', 'sctp'],
]);

type Form = (value: string) => string | undefined;

/** Some pieces are rewritten; undefined: says nothing, or what holds by default. `value` is without the option's name. */
const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  // A protocol's match says what its options and -p say.
  ['-m', (name) => (['tcp', 'udp', 'sctp'].includes(name) ? undefined : `-m ${name === 'state' ? 'conntrack' : name}`)],
  ['-p', (protocol) => `-p ${PROTOCOLS.get(protocol) ?? protocol}`],
  ['--vproto', (protocol) => `--vproto ${PROTOCOLS.get(protocol) ?? protocol}`],
  ['-s', (block) => blockForm('-s', block)],
  ['-d', (block) => blockForm('-d', block)],
  ['--vaddr', (block) => blockForm('--vaddr', block)],
  ['--to-destination', (address) => `--to-destination ${addressForm(address)}`],
  ['--comment', (text) => `--comment ${unquoted(text)}`],
  ['--ctstate', (states) => `--ctstate ${sorted(states)}`],
  ['--state', (states) => `--ctstate ${sorted(states)}`],
  // The kernel has it as a fraction of 2^31.
  ['--probability', (chance) => `--probability ${Math.round(Number(chance) * 2 ** 31)}`],
  ['--mark', (mark) => `--mark ${markForm(mark)}`],
  ['--set-xmark', (mark) => `--set-xmark ${markForm(mark)}`],
  ['--or-mark', (bits) => `--set-xmark ${markForm(`${bits}/${bits}`)}`],
  ['--xor-mark', (bits) => `--set-xmark ${markForm(`${bits}/0x0`)}`],
  // Printed with two blanks.
  ['--nfacct-name', (name) => `--nfacct-name ${name.trim()}`],
  // Of `recent`.
  ['--rsource', () => undefined],
  ['--mask', (mask) => (/^(255\.){3}255$|^(ffff:){7}ffff$/.test(mask) ? undefined : `--mask ${mask}`)],
  ['--reject-with', (how) => (/^icmp6?-port-unreachable$/.test(how) ? undefined : `--reject-with ${how}`)],
]);

/** The form of a rule's text without its `-A CHAIN`. Two rules have the same if they do the same to every packet. */
export function canonicalRule(rule: string): string {
  const pieces: string[] = [];
  for (const piece of rule.split(BETWEEN_OPTIONS)) {
    const start = piece.startsWith('! ') ? 2 : 0;
    const space = piece.indexOf(' ', start);
    const form = FORMS.get(space < 0 ? piece.slice(start) : piece.slice(start, space));
    if (form === undefined) pieces.push(piece);
    else {
      const text = form(space < 0 ? '' : piece.slice(space + 1));
      if (text !== undefined) pieces.push(start === 0 ? text : `! ${text}`);
      // What is not anywhere: another thing than what may be everywhere.
      else if (start !== 0) pieces.push(piece);
    }
  }
  return pieces.sort().join(' ');
}

/** A block with its prefix; undefined for all addresses. */
function blockForm(option: string, text: string): string | undefined {
  if (text.endsWith('/32') || (!text.includes('/') && !text.includes(':')))
    return `${option} ${text.endsWith('/32') ? text : `${text}/32`}`;
  const block = parseCidr(text.includes('/') ? text : `${text}/128`);
  if (block?.prefix === 0) return undefined;
  return `${option} ${block === undefined ? text : formatCidr(block)}`;
}

/** `[fd00::1]:80` as the kernel prints it; IPv4 has one form alone. */
function addressForm(text: string): string {
  const [, inner = '', port = ''] = /^\[(.+)\](.*)$/.exec(text) ?? [];
  const ip = parseIp(inner);
  return ip === undefined ? text : `[${formatIp(ip)}]${port}`;
}

/** Numbers without leading zeros. */
function markForm(mark: string): string {
  return mark
    .split('/')
    .map((number) => Number(number).toString(16))
    .join('/');
}

function sorted(list: string): string {
  return list.split(',').sort().join(',');
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}

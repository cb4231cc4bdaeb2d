/**
 * The one renderer of typed operations to the lines of `ip -batch` and `bridge -batch`. Words that a line could be
 * broken out of (blanks, quotes, comments) are refused here, so no name of an object ever becomes a second command.
 */
import type { BridgeOp, IpOp, LinkKind } from './ops.ts';

/** The text for `ip -batch -`, one line an operation. */
export function renderIpOps(ops: readonly IpOp[]): string {
  return ops.map((op) => `${renderIpOp(op)}\n`).join('');
}

/** The text for `bridge -batch -`, one line an operation. */
export function renderBridgeOps(ops: readonly BridgeOp[]): string {
  return ops.map((op) => `${renderBridgeOp(op)}\n`).join('');
}

/** One line of `ip -batch`: what stands after `ip` on a command line. */
export function renderIpOp(op: IpOp): string {
  switch (op.op) {
    case 'link-add':
      return line(
        'link add name',
        op.name,
        option('mtu', op.mtu),
        option('address', op.link.mac),
        option('master', op.master),
        op.up === true && 'up',
        ...linkKind(op.link),
      );
    case 'link-set':
      return line(
        'link set dev',
        op.name,
        option('netns', op.netns),
        option('name', op.rename),
        option('address', op.mac),
        option('mtu', op.mtu),
        option('master', op.master),
        op.up === true && 'up',
        op.down === true && 'down',
      );
    case 'link-delete':
      return line('link delete dev', op.name);
    case 'address-add':
    case 'address-replace':
      return line(
        `address ${op.op.slice('address-'.length)}`,
        op.cidr,
        op.broadcast === true && 'broadcast +',
        option('dev', op.device),
        op.noDad === true && 'nodad',
      );
    case 'address-delete':
      return line('address delete', op.cidr, option('dev', op.device));
    case 'route-add':
    case 'route-replace':
    case 'route-delete':
      return line(
        `route ${op.op.slice('route-'.length)}`,
        op.isLocal === true && 'local',
        op.destination,
        option('via', op.via),
        option('dev', op.device),
        option('scope', op.scope),
        option('src', op.source),
        op.onlink === true && 'onlink',
      );
    case 'neighbour-replace':
      return line('neighbour replace', op.address, option('lladdr', op.mac), option('dev', op.device), 'nud permanent');
    case 'neighbour-delete':
      return line('neighbour delete', op.address, option('dev', op.device));
  }
}

/** One line of `bridge -batch`. */
export function renderBridgeOp(op: BridgeOp): string {
  switch (op.op) {
    case 'fdb-append':
    case 'fdb-replace':
      return line(
        `fdb ${op.op.slice('fdb-'.length)}`,
        op.mac,
        option('dev', op.device),
        option('dst', op.destination),
        'self permanent',
      );
    case 'fdb-delete':
      return line('fdb delete', op.mac, option('dev', op.device), option('dst', op.destination), 'self');
    case 'port-set':
      return line(
        'link set dev',
        op.device,
        option('hairpin', onOff(op.hairpin)),
        option('isolated', onOff(op.isolated)),
        option('learning', onOff(op.learning)),
      );
  }
}

function linkKind(link: LinkKind): Part[] {
  switch (link.kind) {
    case 'bridge':
      return ['type bridge'];
    case 'dummy':
      return ['type dummy'];
    case 'veth':
      return [
        'type veth peer',
        option('name', link.peer.name),
        option('mtu', link.peer.mtu),
        option('address', link.peer.mac),
        option('netns', link.peer.netns),
      ];
    case 'vxlan':
      return [
        'type vxlan',
        option('id', link.vni),
        option('local', link.local),
        option('dev', link.device),
        option('dstport', link.port),
        link.learning ? 'learning' : 'nolearning',
      ];
  }
}

type Part = string | false | undefined;

/** Joins the parts that are there; a bare part is a fixed phrase or a checked word. */
function line(phrase: string, ...parts: Part[]): string {
  const [first, ...rest] = parts;
  return [phrase, typeof first === 'string' ? word(first) : first, ...rest]
    .filter((part): part is string => typeof part === 'string')
    .join(' ');
}

function option(name: string, value: string | number | undefined): Part {
  return value === undefined ? undefined : `${name} ${word(String(value))}`;
}

function word(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$|^::[A-Fa-f0-9:./]*$/.test(text))
    throw new RangeError(`not a word for a kernel command: ${JSON.stringify(text)}`);
  return text;
}

function onOff(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? 'on' : 'off';
}

/** Addresses, routes, neighbours and FDB entries as rtnetlink messages: what `ip` and `bridge` send for the same line. */
import { nthAddress, parseCidr } from '../../net/cidr.ts';
import { bitsOf } from '../../net/ip.ts';
import { macBytes } from '../../net/mac.ts';
import type { BridgeOp, IpOp } from '../ops.ts';
import { AF, type KernelAddress, kernelAddress } from './ip-bytes.ts';
import type { Lookup } from './lookup.ts';
import { attribute, FLAG, message, number, structure } from './wire.ts';

const NEW_ADDRESS = 20;
const DELETE_ADDRESS = 21;
const NEW_ROUTE = 24;
const DELETE_ROUTE = 25;
const NEW_NEIGHBOUR = 28;
const DELETE_NEIGHBOUR = 29;
const AF_BRIDGE = 7;
const ADDRESS = { address: 1, local: 2, broadcast: 4 } as const;
const ROUTE = { destination: 1, device: 4, gateway: 5, source: 7 } as const;
const NEIGHBOUR = { destination: 1, linkAddress: 2 } as const;
const SCOPE = { global: 0, link: 253, host: 254, nowhere: 255 } as const;
const TABLE_MAIN = 254;
const PROTOCOL_BOOT = 3;
const UNICAST = 1;
const ONLINK = 4;
const NO_DAD = 2;
const PERMANENT = 0x80;
const NO_ARP = 0x40;
const SELF = 2;

const ADDRESS_FLAGS = {
  'address-add': FLAG.create | FLAG.exclusive,
  'address-replace': FLAG.create | FLAG.replace,
} as const;

/** `ip address add|replace|delete`. Undefined for what is no address. */
export function addressMessage(
  op: Extract<IpOp, { op: 'address-add' | 'address-replace' | 'address-delete' }>,
  lookup: Lookup,
): Buffer | undefined {
  const [host = '', prefix] = op.cidr.split('/');
  const address = kernelAddress(host);
  const cidr = parseCidr(op.cidr);
  if (address === undefined || cidr === undefined || prefix === undefined) return undefined;
  const attributes = [attribute(ADDRESS.local, address.bytes), attribute(ADDRESS.address, address.bytes)];
  if (op.op !== 'address-delete' && op.broadcast === true && cidr.family === 4 && cidr.prefix <= 30)
    attributes.push(attribute(ADDRESS.broadcast, kernelAddress(nthAddress(cidr, -1))!.bytes));
  const flags = op.op !== 'address-delete' && op.noDad === true ? NO_DAD : 0;
  const scope = host.startsWith('127.') ? SCOPE.host : SCOPE.global;
  const fixed = structure([1, address.af], [1, cidr.prefix], [1, flags], [1, scope], [4, lookup.ifindex(op.device)]);
  return op.op === 'address-delete'
    ? message(DELETE_ADDRESS, 0, fixed, attributes)
    : message(NEW_ADDRESS, ADDRESS_FLAGS[op.op], fixed, attributes);
}

const ROUTE_FLAGS = { 'route-add': FLAG.create | FLAG.exclusive, 'route-replace': FLAG.create | FLAG.replace } as const;

/** `ip route add|replace|delete`. Undefined for local routes, and where no address says the family. */
export function routeMessage(
  op: Extract<IpOp, { op: 'route-add' | 'route-replace' | 'route-delete' }>,
  lookup: Lookup,
): Buffer | undefined {
  if (op.isLocal === true) return undefined;
  const destination = op.destination === 'default' ? undefined : blockOf(op.destination);
  const gateway = op.via === undefined ? undefined : kernelAddress(op.via);
  const source = op.source === undefined ? undefined : kernelAddress(op.source);
  const isOther = (wanted: string | undefined, address: unknown) => wanted !== undefined && address === undefined;
  if (isOther(op.via, gateway) || isOther(op.source, source)) return undefined;
  const family = op.destination === 'default' ? gateway?.family : destination?.family;
  if (family === undefined || [gateway, source].some((address) => address !== undefined && address.family !== family))
    return undefined;
  const attributes = [
    ...(destination === undefined ? [] : [attribute(ROUTE.destination, destination.bytes)]),
    ...(gateway === undefined ? [] : [attribute(ROUTE.gateway, gateway.bytes)]),
    ...(op.device === undefined ? [] : [attribute(ROUTE.device, number(lookup.ifindex(op.device)))]),
    ...(source === undefined ? [] : [attribute(ROUTE.source, source.bytes)]),
  ];
  const isDeletion = op.op === 'route-delete';
  // A deletion matches any scope; a route without a gateway leads to what the link itself reaches. IPv6 knows no scopes.
  const byGateway = op.via === undefined ? 'link' : 'global';
  const scope = op.scope ?? (family === 6 ? 'global' : isDeletion ? 'nowhere' : byGateway);
  const fixed = structure(
    [1, AF[family]],
    [1, destination?.prefix ?? 0],
    [1, 0],
    [1, 0],
    [1, TABLE_MAIN],
    [1, isDeletion ? 0 : PROTOCOL_BOOT],
    [1, SCOPE[scope]],
    [1, isDeletion ? 0 : UNICAST],
    [4, op.onlink === true ? ONLINK : 0],
  );
  return op.op === 'route-delete'
    ? message(DELETE_ROUTE, 0, fixed, attributes)
    : message(NEW_ROUTE, ROUTE_FLAGS[op.op], fixed, attributes);
}

/** `ip neighbour replace|delete`. Undefined for what is no address. */
export function neighbourMessage(
  op: Extract<IpOp, { op: 'neighbour-replace' | 'neighbour-delete' }>,
  lookup: Lookup,
): Buffer | undefined {
  const address = kernelAddress(op.address);
  if (address === undefined) return undefined;
  const fixed = neighbourHeader(address.af, lookup.ifindex(op.device), PERMANENT, 0);
  const destination = attribute(NEIGHBOUR.destination, address.bytes);
  if (op.op === 'neighbour-delete') return message(DELETE_NEIGHBOUR, 0, fixed, [destination]);
  const linkAddress = attribute(NEIGHBOUR.linkAddress, macBytes(op.mac));
  return message(NEW_NEIGHBOUR, FLAG.create | FLAG.replace, fixed, [destination, linkAddress]);
}

const FDB_FLAGS = { 'fdb-append': FLAG.create | FLAG.append, 'fdb-replace': FLAG.create | FLAG.replace } as const;

/** `bridge fdb append|replace|delete … self`. Undefined for what is no address. */
export function fdbMessage(
  op: Extract<BridgeOp, { op: 'fdb-append' | 'fdb-replace' | 'fdb-delete' }>,
  lookup: Lookup,
): Buffer | undefined {
  const destination = kernelAddress(op.destination);
  if (destination === undefined) return undefined;
  const attributes = [
    attribute(NEIGHBOUR.linkAddress, macBytes(op.mac)),
    attribute(NEIGHBOUR.destination, destination.bytes),
  ];
  const index = lookup.ifindex(op.device);
  return op.op === 'fdb-delete'
    ? message(DELETE_NEIGHBOUR, 0, neighbourHeader(AF_BRIDGE, index, NO_ARP, SELF), attributes)
    : message(NEW_NEIGHBOUR, FDB_FLAGS[op.op], neighbourHeader(AF_BRIDGE, index, NO_ARP | PERMANENT, SELF), attributes);
}

/** struct ndmsg. */
function neighbourHeader(family: number, index: number, state: number, flags: number): Buffer {
  return structure([1, family], [1, 0], [2, 0], [4, index], [2, state], [1, flags], [1, 0]);
}

/** A block's address and prefix; an address alone is a block of one. */
function blockOf(text: string): (KernelAddress & { prefix: number }) | undefined {
  const [host = '', prefix] = text.split('/');
  const address = kernelAddress(host);
  return address && { ...address, prefix: prefix === undefined ? bitsOf(address.family) : Number(prefix) };
}

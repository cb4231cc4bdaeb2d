/** Links as rtnetlink messages: what `ip link` sends for the same line (rtnetlink(7), linux/if_link.h). */
import { macBytes } from '../../net/mac.ts';
import type { BridgeOp, IpOp, LinkKind } from '../ops.ts';
import { kernelAddress } from './ip-bytes.ts';
import type { Lookup } from './lookup.ts';
import { attribute, FLAG, message, nested, networkPort, number, structure, text } from './wire.ts';

const NEW_LINK = 16;
const SET_LINK = 19;
const UP = 1;
const AF_BRIDGE = 7;
const IFLA = { address: 1, name: 3, mtu: 4, master: 10, portInfo: 12, linkInfo: 18, namespaceFd: 28 } as const;
const INFO = { kind: 1, data: 2 } as const;
const VETH_PEER = 1;
const VXLAN = { id: 1, link: 3, local: 4, learning: 7, port: 15, local6: 17 } as const;
const PORT = { hairpin: 4, learning: 8, isolated: 33 } as const;

/** `ip link add`. Undefined for what only the tool can do. */
export function linkAddition(op: Extract<IpOp, { op: 'link-add' }>, lookup: Lookup): Buffer | undefined {
  const info = linkInfo(op.link, lookup);
  if (info === undefined) return undefined;
  return message(NEW_LINK, FLAG.create | FLAG.exclusive, linkHeader({ up: op.up }), [
    attribute(IFLA.name, text(op.name)),
    ...options({ mtu: op.mtu, mac: op.link.mac }),
    ...(op.master === undefined ? [] : [attribute(IFLA.master, number(lookup.ifindex(op.master)))]),
    nested(IFLA.linkInfo, [
      attribute(INFO.kind, Buffer.from(op.link.kind)),
      ...(info.length === 0 ? [] : [nested(INFO.data, info)]),
    ]),
  ]);
}

/** `ip link set`: flags, MTU, MAC and master; moves and new names are the tool's. */
export function linkChange(op: Extract<IpOp, { op: 'link-set' }>, lookup: Lookup): Buffer | undefined {
  if (op.rename !== undefined || op.netns !== undefined) return undefined;
  return message(NEW_LINK, 0, linkHeader({ index: lookup.ifindex(op.name), up: op.up, down: op.down }), [
    ...options(op),
    ...(op.master === undefined ? [] : [attribute(IFLA.master, number(lookup.ifindex(op.master)))]),
  ]);
}

/** `bridge link set`. */
export function portChange(op: Extract<BridgeOp, { op: 'port-set' }>, lookup: Lookup): Buffer {
  const flags = (['hairpin', 'learning', 'isolated'] as const).flatMap((name) => {
    const value = op[name];
    return value === undefined ? [] : [attribute(PORT[name], number(value ? 1 : 0, 1))];
  });
  const header = linkHeader({ family: AF_BRIDGE, index: lookup.ifindex(op.device) });
  return message(SET_LINK, 0, header, [nested(IFLA.portInfo, flags)]);
}

/** The kind's own attributes; undefined for what only the tool can do. */
function linkInfo(link: LinkKind, lookup: Lookup): Buffer[] | undefined {
  switch (link.kind) {
    case 'bridge':
    case 'dummy':
      return [];
    case 'veth': {
      const { name, netns, mac, mtu } = link.peer;
      const peer = [attribute(IFLA.name, text(name)), ...options({ mtu, mac })];
      if (netns !== undefined) peer.push(attribute(IFLA.namespaceFd, number(lookup.namespace(netns))));
      return [nested(VETH_PEER, peer, linkHeader({}))];
    }
    case 'vxlan': {
      const local = kernelAddress(link.local);
      if (local === undefined) return undefined;
      return [
        attribute(VXLAN.id, number(link.vni)),
        attribute(local.family === 4 ? VXLAN.local : VXLAN.local6, local.bytes),
        attribute(VXLAN.link, number(lookup.ifindex(link.device))),
        attribute(VXLAN.learning, number(link.learning ? 1 : 0, 1)),
        attribute(VXLAN.port, networkPort(link.port)),
      ];
    }
  }
}

interface HeaderFields {
  readonly family?: number;
  readonly index?: number;
  readonly up?: boolean | undefined;
  readonly down?: boolean | undefined;
}

/** struct ifinfomsg: only the flags named in `change` are touched. */
function linkHeader({ family = 0, index = 0, up, down }: HeaderFields): Buffer {
  const change = up === true || down === true ? UP : 0;
  return structure([1, family], [1, 0], [2, 0], [4, index], [4, up === true ? UP : 0], [4, change]);
}

function options({ mtu, mac }: { mtu?: number | undefined; mac?: string | undefined }): Buffer[] {
  return [
    ...(mtu === undefined ? [] : [attribute(IFLA.mtu, number(mtu))]),
    ...(mac === undefined ? [] : [attribute(IFLA.address, macBytes(mac))]),
  ];
}

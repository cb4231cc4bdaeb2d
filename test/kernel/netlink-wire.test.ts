import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { requestFor } from '../../src/kernel/netlink/apply-ops.ts';
import type { Lookup } from '../../src/kernel/netlink/lookup.ts';
import { attribute, errnoOf, message, nested, number, structure } from '../../src/kernel/netlink/wire.ts';
import type { IpOp } from '../../src/kernel/ops.ts';

const lookup: Lookup = { ifindex: () => 7, namespace: () => 9 };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe.runIf(endianness() === 'LE')('netlink messages', () => {
  it('align attributes to four bytes and count their true length', () => {
    expect(hex(attribute(3, Buffer.from('br0\0')))).toBe('0800030062723000');
    expect(hex(attribute(4, number(1, 1)))).toBe('0500040001000000');
    expect(hex(nested(18, [attribute(1, Buffer.from('veth'))]))).toBe('0c0012800800010076657468');
  });

  it('begin with their length, type and flags', () => {
    expect(hex(message(16, 0x600, structure([1, 2], [2, 3]), []))).toBe('13000000100005060000000000000000020300');
  });

  it('read the errno of an answer, and refuse what is no acknowledgement', () => {
    expect(errnoOf(Buffer.from(`24000000020000000000000000000000${'00000000'}`, 'hex'))).toBe(0);
    expect(errnoOf(Buffer.from(`24000000020000000000000000000000${'efffffff'}`, 'hex'))).toBe(17);
    expect(() => errnoOf(Buffer.from('14000000030000000000000000000000', 'hex'))).toThrow('type 3');
  });

  it('say of an address what ip(8) says', () => {
    const op: IpOp = { op: 'address-add', cidr: '10.244.1.2/24', device: 'eth0', broadcast: true };
    expect(hex(requestFor(op, lookup)!)).toBe(
      ['30000000', '14000506', '00000000', '00000000', '02180000', '07000000']
        .concat(['08000200', '0af40102', '08000100', '0af40102', '08000400', '0af401ff'])
        .join(''),
    );
  });

  it('are not made for new names, other namespaces, deleted links and what names no family: those are the tool’s', () => {
    const ops: IpOp[] = [
      { op: 'address-add', cidr: 'fd00::1', device: 'eth0' },
      { op: 'route-add', destination: 'default', device: 'eth0' },
      { op: 'route-add', destination: '10.0.0.0/24', via: 'fd00::1', device: 'eth0' },
      { op: 'neighbour-replace', address: 'fd00::g', mac: '02:00:00:00:00:01', device: 'eth0' },
      { op: 'link-set', name: 'eth0', rename: 'eth1' },
      { op: 'link-set', name: 'eth0', netns: 'other' },
      { op: 'link-delete', name: 'eth0' },
    ];
    expect(ops.filter((op) => requestFor(op, lookup) !== undefined)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { BridgeOp, IpOp } from '../../src/kernel/ops.ts';
import { renderBridgeOps, renderIpOps } from '../../src/kernel/render-ops.ts';

const MAC = '0a:58:0a:f4:01:01';

describe('renderIpOps', () => {
  it.each<[IpOp, string]>([
    [
      { op: 'link-add', name: 'cni0', mtu: 1450, up: true, link: { kind: 'bridge', mac: MAC } },
      `link add name cni0 mtu 1450 address ${MAC} up type bridge`,
    ],
    [{ op: 'link-add', name: 'kube-ipvs0', link: { kind: 'dummy' } }, 'link add name kube-ipvs0 type dummy'],
    [
      {
        op: 'link-add',
        name: 'veth01',
        mtu: 1450,
        master: 'cni0',
        up: true,
        link: { kind: 'veth', peer: { name: 'eth0', netns: 'lab.default.web', mac: MAC, mtu: 1450 } },
      },
      `link add name veth01 mtu 1450 master cni0 up type veth peer name eth0 mtu 1450 address ${MAC} netns lab.default.web`,
    ],
    [
      {
        op: 'link-add',
        name: 'flannel.1',
        link: { kind: 'vxlan', vni: 1, port: 8472, local: '192.168.1.11', device: 'eth0', learning: false, mac: MAC },
      },
      `link add name flannel.1 address ${MAC} type vxlan id 1 local 192.168.1.11 dev eth0 dstport 8472 nolearning`,
    ],
    [{ op: 'link-set', name: 'a', netns: 'lab.node-1', rename: 'eth0' }, 'link set dev a netns lab.node-1 name eth0'],
    [
      { op: 'link-set', name: 'a', mac: MAC, mtu: 9000, master: 'br', up: true },
      `link set dev a address ${MAC} mtu 9000 master br up`,
    ],
    [{ op: 'link-set', name: 'a', down: true }, 'link set dev a down'],
    [{ op: 'link-delete', name: 'a' }, 'link delete dev a'],
    [
      { op: 'address-add', cidr: '10.244.1.1/24', device: 'cni0', broadcast: true },
      'address add 10.244.1.1/24 broadcast + dev cni0',
    ],
    [{ op: 'address-replace', cidr: '10.9.0.1/24', device: 'eth0' }, 'address replace 10.9.0.1/24 dev eth0'],
    [{ op: 'address-add', cidr: 'fd00::1/64', device: 'cni0', noDad: true }, 'address add fd00::1/64 dev cni0 nodad'],
    [{ op: 'address-delete', cidr: '10.244.1.1/24', device: 'cni0' }, 'address delete 10.244.1.1/24 dev cni0'],
    [{ op: 'route-add', destination: 'default', via: '192.168.1.1' }, 'route add default via 192.168.1.1'],
    [
      { op: 'route-replace', destination: '10.244.2.0/24', via: '10.244.2.0', device: 'flannel.1', onlink: true },
      'route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink',
    ],
    [
      { op: 'route-delete', destination: '::/0', device: 'eth0', scope: 'link', source: '::1' },
      'route delete ::/0 dev eth0 scope link src ::1',
    ],
    [
      { op: 'neighbour-replace', address: '10.244.2.0', mac: MAC, device: 'flannel.1' },
      `neighbour replace 10.244.2.0 lladdr ${MAC} dev flannel.1 nud permanent`,
    ],
    [
      { op: 'neighbour-delete', address: '10.244.2.0', mac: MAC, device: 'flannel.1' },
      'neighbour delete 10.244.2.0 dev flannel.1',
    ],
  ])('%j', (op, line) => {
    expect(renderIpOps([op])).toBe(`${line}\n`);
  });

  it.each(['a b', 'a\nlink delete dev eth0', 'a#', '"a"', "'a'", 'a\\', '', '-batch', 'a;b', 'ä'])(
    'refuses the word %j, which could become a command',
    (name) => {
      expect(() => renderIpOps([{ op: 'link-delete', name }])).toThrow('not a word for a kernel command');
    },
  );
});

describe('renderBridgeOps', () => {
  const entry = { mac: MAC, device: 'flannel.1', destination: '192.168.1.12' };
  it.each<[BridgeOp, string]>([
    [{ op: 'fdb-append', ...entry }, `fdb append ${MAC} dev flannel.1 dst 192.168.1.12 self permanent`],
    [{ op: 'fdb-replace', ...entry }, `fdb replace ${MAC} dev flannel.1 dst 192.168.1.12 self permanent`],
    [{ op: 'fdb-delete', ...entry }, `fdb delete ${MAC} dev flannel.1 dst 192.168.1.12 self`],
    [{ op: 'port-set', device: 'veth01', hairpin: true }, 'link set dev veth01 hairpin on'],
    [
      { op: 'port-set', device: 'veth01', isolated: false, learning: true },
      'link set dev veth01 isolated off learning on',
    ],
  ])('%j', (op, line) => {
    expect(renderBridgeOps([op])).toBe(`${line}\n`);
  });
});

import { describe, expect, it } from 'vitest';
import { annotationsOf, peerOf } from '../../../src/node/flannel/annotations.ts';
import { subnetEnv } from '../../../src/node/flannel/subnet-env.ts';

const vtep = { family: 4, mac: '02:00:00:00:00:02', publicIp: '192.168.1.12' } as const;
const vtep6 = { family: 6, mac: '02:00:00:00:00:06', publicIp: 'fd00:192:168:1::12' } as const;
const BLOCKS = ['10.244.2.0/24', 'fd00:10:244:2::/64'];
const nodeWith = (annotations: Record<string, string>, podCIDRs = BLOCKS) => ({
  metadata: { name: 'node-2', annotations },
  spec: { podCIDR: podCIDRs[0] ?? '', podCIDRs },
});
const both = annotationsOf(1, [vtep, vtep6]);

describe('flannel annotations', () => {
  it('are written as flannel writes them', () => {
    const shared = {
      'flannel.alpha.coreos.com/backend-type': 'vxlan',
      'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
    };
    const v4 = {
      'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"02:00:00:00:00:02"}',
      'flannel.alpha.coreos.com/public-ip': '192.168.1.12',
    };
    const v6 = {
      'flannel.alpha.coreos.com/backend-v6-data': '{"VNI":1,"VtepMAC":"02:00:00:00:00:06"}',
      'flannel.alpha.coreos.com/public-ipv6': 'fd00:192:168:1::12',
    };
    expect(annotationsOf(1, [vtep])).toEqual({ ...shared, ...v4 });
    expect(annotationsOf(1, [vtep6])).toEqual({ ...shared, ...v6 });
    expect(both).toEqual({ ...shared, ...v4, ...v6 });
  });

  it('make a peer of a family once those of the family are complete', () => {
    const peer = { publicIp: '192.168.1.12', podCidr: '10.244.2.0/24', vtepMac: '02:00:00:00:00:02' };
    const peer6 = { publicIp: 'fd00:192:168:1::12', podCidr: 'fd00:10:244:2::/64', vtepMac: '02:00:00:00:00:06' };
    expect(peerOf(nodeWith(both), 4)).toEqual(peer);
    expect(peerOf(nodeWith(both), 6)).toEqual(peer6);
    expect(peerOf({ ...nodeWith(both), spec: { podCIDR: '10.244.2.0/24' } }, 4)).toEqual(peer);
    expect(peerOf(nodeWith(annotationsOf(1, [vtep])), 6)).toBeUndefined();
    expect(peerOf(nodeWith({}), 4)).toBeUndefined();
    expect(peerOf(nodeWith(both, []), 4)).toBeUndefined();
    expect(peerOf(nodeWith(both, BLOCKS.slice(0, 1)), 6)).toBeUndefined();
    expect(peerOf(nodeWith({ ...both, 'flannel.alpha.coreos.com/backend-type': 'host-gw' }), 4)).toBeUndefined();
  });

  it.each([
    [4, 'backend-data', 'no JSON', 'has no VtepMAC'],
    [4, 'backend-data', 'null', 'has no VtepMAC'],
    [6, 'backend-v6-data', '{"VtepMAC":"x dev eth0"}', 'has no VtepMAC'],
    [4, 'public-ip', '192.168.1.12\nlink delete dev eth0', 'is not an IPv4 address'],
    [4, 'public-ip', 'fd00::1', 'is not an IPv4 address'],
    [6, 'public-ipv6', '192.168.1.12', 'is not an IPv6 address'],
  ] as const)('of IPv%i with a wrong %s (%j) make an error, not a command', (family, name, value, message) => {
    const peer = peerOf(nodeWith({ ...both, [`flannel.alpha.coreos.com/${name}`]: value }), family);
    expect(peer).toBeInstanceOf(Error);
    expect((peer as Error).message).toContain(message);
  });
});

it('subnet.env names the gateway addresses and the inner MTU', () => {
  const v4 = { network: '10.244.0.0/16', podCidr: '10.244.1.0/24' };
  const v6 = { network: 'fd00:10:244::/56', podCidr: 'fd00:10:244:1::/64' };
  expect(subnetEnv({ blocks: [v4], mtu: 1450 })).toBe(
    'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  );
  expect(subnetEnv({ blocks: [v4, v6], mtu: 1430 })).toBe(
    'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\n' +
      'FLANNEL_IPV6_NETWORK=fd00:10:244::/56\nFLANNEL_IPV6_SUBNET=fd00:10:244:1::1/64\n' +
      'FLANNEL_MTU=1430\nFLANNEL_IPMASQ=true\n',
  );
});

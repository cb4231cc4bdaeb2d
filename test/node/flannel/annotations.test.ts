import { describe, expect, it } from 'vitest';
import { annotationsOf, peerOf } from '../../../src/node/flannel/annotations.ts';
import { subnetEnv } from '../../../src/node/flannel/subnet-env.ts';

const vtep = { vni: 1, mac: '02:00:00:00:00:02', publicIp: '192.168.1.12' };
const nodeWith = (annotations: Record<string, string>, podCIDR = '10.244.2.0/24') => ({
  metadata: { name: 'node-2', annotations },
  spec: { podCIDR },
});

describe('flannel annotations', () => {
  it('are written as flannel writes them', () => {
    expect(annotationsOf(vtep)).toEqual({
      'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"02:00:00:00:00:02"}',
      'flannel.alpha.coreos.com/backend-type': 'vxlan',
      'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
      'flannel.alpha.coreos.com/public-ip': '192.168.1.12',
    });
  });

  it('make a peer once they are complete', () => {
    const peer = { publicIp: '192.168.1.12', podCidr: '10.244.2.0/24', vtepMac: '02:00:00:00:00:02' };
    expect(peerOf(nodeWith(annotationsOf(vtep)))).toEqual(peer);
    expect(peerOf(nodeWith({}))).toBeUndefined();
    expect(peerOf(nodeWith(annotationsOf(vtep), ''))).toBeUndefined();
    expect(
      peerOf(nodeWith({ ...annotationsOf(vtep), 'flannel.alpha.coreos.com/backend-type': 'host-gw' })),
    ).toBeUndefined();
  });

  it.each([
    ['backend-data', 'no JSON', 'has no VtepMAC'],
    ['backend-data', 'null', 'has no VtepMAC'],
    ['backend-data', '{"VtepMAC":"x dev eth0"}', 'has no VtepMAC'],
    ['public-ip', '192.168.1.12\nlink delete dev eth0', 'is not an IP address'],
  ])('with a wrong %s (%j) make an error, not a command', (name, value, message) => {
    const peer = peerOf(nodeWith({ ...annotationsOf(vtep), [`flannel.alpha.coreos.com/${name}`]: value }));
    expect(peer).toBeInstanceOf(Error);
    expect((peer as Error).message).toContain(message);
  });
});

it('subnet.env names the gateway address and the inner MTU', () => {
  expect(subnetEnv({ network: '10.244.0.0/16', podCidr: '10.244.1.0/24', mtu: 1450 })).toBe(
    'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  );
});

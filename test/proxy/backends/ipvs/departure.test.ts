/** Mode ipvs gives way: what becomes of the node's own connections, and which are waited for. */
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../../src/kernel/kernel.ts';
import { renderIpOp } from '../../../../src/kernel/render-ops.ts';
import { ipvsDeparture } from '../../../../src/proxy/backends/ipvs/departure.ts';
import { FACTS_4, FACTS_6, service, slice, viewsOf } from '../../fixtures.ts';
import { IpvsModel } from './ipvs-model.ts';
import { observedOf, sync } from './syncs.ts';

/** Lines of `ip -batch` and `ipvsadm -R`; of others their names. */
function textOf(batches: readonly Batch[]): string[] {
  return batches.flatMap((batch) => {
    if (batch.tool === 'ip') return batch.ops.map(renderIpOp);
    return batch.tool === 'ipvsadm' ? batch.text.trimEnd().split('\n') : [batch.tool];
  });
}

const NONE: ReadonlyMap<string, number> = new Map();

/** Of a part of the departure, with one Service there. */
function lines(part: 'prepare' | 'stay' | 'settle', family: 4 | 6, underWay = NONE): string[] {
  const facts = family === 4 ? FACTS_4 : FACTS_6;
  const clusterIP = family === 4 ? '172.30.0.41' : 'fd00:96::41';
  const endpoint = family === 4 ? '10.244.1.2' : 'fd00:1::2';
  const model = new IpvsModel([facts.nodeIP]);
  sync(model, viewsOf([service({ clusterIP })], [slice([endpoint], { family })], { family }), undefined, facts);
  const state = observedOf(model, family);
  if (part !== 'settle') return textOf(ipvsDeparture[part](state, facts));
  return textOf(ipvsDeparture.settle({ retired: state, standing: state, underWay, facts }));
}

describe('the node’s own connections', () => {
  it('have its own address as their source ahead of the change, no more the Service’s', () => {
    expect(lines('prepare', 4)).toEqual([`route replace local 172.30.0.41/32 dev kube-ipvs0 src ${FACTS_4.nodeIP}`]);
    // The route of a new address stands in the way there, and the other must be there before it goes.
    expect(lines('prepare', 6)).toEqual([
      `route replace local fd00:96::41/128 dev lo src ${FACTS_6.nodeIP}`,
      'route delete local fd00:96::41/128 dev kube-ipvs0',
    ]);
  });

  it('have the Service’s again when the change fails', () => {
    const anew = (cidr: string) => [`address delete ${cidr} dev kube-ipvs0`, `address replace ${cidr} dev kube-ipvs0`];
    // A route is replaced before it is deleted: it may not be there, and a line that fails would end the batch.
    expect(lines('stay', 4)).toEqual([
      `route replace local 172.30.0.41/32 dev kube-ipvs0 src ${FACTS_4.nodeIP}`,
      'route delete local 172.30.0.41/32 dev kube-ipvs0',
      ...anew('172.30.0.41/32'),
    ]);
    expect(lines('stay', 6)).toEqual([
      `route replace local fd00:96::41/128 dev lo src ${FACTS_6.nodeIP}`,
      'route delete local fd00:96::41/128 dev lo',
      ...anew('fd00:96::41/128'),
    ]);
  });

  it('leave no route behind', () => {
    expect(lines('settle', 4)).toEqual(['-D -t 172.30.0.41:80', 'link delete dev kube-ipvs0']);
    expect(lines('settle', 6)).toEqual([
      '-D -t [fd00:96::41]:80',
      'link delete dev kube-ipvs0',
      'route delete local fd00:96::41/128 dev lo',
    ]);
  });

  it('leave no route behind on a device that the other family still needs', () => {
    const model = new IpvsModel([FACTS_4.nodeIP, FACTS_6.nodeIP]);
    sync(model, viewsOf([service({ clusterIP: '172.30.0.41' })], [slice(['10.244.1.2'])]), undefined, FACTS_4);
    model.device!.add('fd00:96::41');
    const standing = observedOf(model, 4);
    const batches = ipvsDeparture.settle({ retired: standing, standing, underWay: NONE, facts: FACTS_4 });
    expect(textOf(batches)).toEqual([
      '-D -t 172.30.0.41:80',
      'route delete local 172.30.0.41/32 dev kube-ipvs0',
      'address delete 172.30.0.41/32 dev kube-ipvs0',
    ]);
  });

  it('keep their address when others go', () => {
    const used = new Map([['TCP 172.30.0.41:80', 1]]);
    expect(lines('settle', 4, used)).toEqual(['-e -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 0']);
    const other = new Map([['TCP 172.30.0.99:80', 1]]);
    expect(lines('settle', 4, other)).toEqual([
      '-D -t 172.30.0.41:80',
      'route delete local 172.30.0.41/32 dev kube-ipvs0',
      'address delete 172.30.0.41/32 dev kube-ipvs0',
    ]);
    expect(lines('settle', 6, new Map([['TCP [fd00:96::99]:80', 1]]))).toEqual([
      '-D -t [fd00:96::41]:80',
      'address delete fd00:96::41/128 dev kube-ipvs0',
      'route delete local fd00:96::41/128 dev lo',
    ]);
  });
});

describe('connections under way', () => {
  const LISTING = `IPVS connection entries
pro expire state       source             virtual            destination
TCP 14:59  ESTABLISHED 10.244.1.2:40000   10.96.0.1:443      192.168.1.10:6443
TCP 00:59  SYN_RECV    10.244.1.2:40001   10.96.0.1:443      192.168.1.10:6443
TCP 01:57  TIME_WAIT   10.244.1.2:40002   10.96.0.1:443      192.168.1.10:6443
TCP 00:07  CLOSE       10.244.1.2:40003   10.96.0.1:443      192.168.1.10:6443
TCP 02:59  NONE        10.244.1.2:0       10.96.0.1:443      192.168.1.10:6443
TCP 02:59  ASSURED     10.244.1.3:0       10.96.0.1:443      192.168.1.10:6443
UDP 04:58  UDP         10.244.1.2:40004   10.96.0.10:53      10.244.0.2:53
SCTP 00:03 ESTABLISHED 10.244.1.2:40005   10.96.0.7:2905     10.244.0.3:2905
TCP 14:59  FIN_WAIT    [fd00:10:244:1::2]:40006 [fd00:10:96::1]:443 [fd00:192:168:1::10]:6443
`;

  const FLOWS = `udp      17 29 src=10.244.1.2 dst=10.96.0.10 sport=40004 dport=53 [UNREPLIED] src=10.244.0.2 dst=10.244.1.2 sport=53 dport=40004 mark=0 use=1
udp      17 29 src=10.244.1.2 dst=10.96.0.10 sport=40007 dport=53 src=10.244.0.2 dst=10.244.1.2 sport=53 dport=40007 mark=0 use=1
udp      17 29 src=10.244.1.2 dst=10.96.0.10 sport=40008 dport=53 [UNREPLIED] src=10.244.0.2 dst=10.244.1.2 sport=53 dport=40008 mark=0 use=1
`;
  const read = (family: 4 | 6, flows = '', { listing = LISTING, isLate = false } = {}) => {
    const facts = {
      ...(family === 4 ? FACTS_4 : FACTS_6),
      serviceCIDRs: [family === 4 ? '10.96.0.0/12' : 'fd00:10:96::/112'],
    };
    const retired = observedOf(new IpvsModel(), family);
    return [...ipvsDeparture.underWay.read([listing, flows], { retired, facts, isLate })];
  };

  it('are those of the family that have not ended', () => {
    expect(read(4)).toEqual([
      ['TCP 10.96.0.1:443', 2],
      ['SCTP 10.96.0.7:2905', 1],
    ]);
    expect(read(6)).toEqual([['TCP [fd00:10:96::1]:443', 1]]);
    expect(read(4, '', { listing: '' })).toEqual([]);
  });

  it('are not those to the API server, once they have been waited for: a watch has no end', () => {
    expect(read(4, '', { isLate: true })).toEqual([['SCTP 10.96.0.7:2905', 1]]);
    expect(read(6, '', { isLate: true })).toEqual([]);
  });

  it('are flows of UDP, which have no end, while nobody has answered; those that go by IPVS alone', () => {
    expect(read(4, FLOWS)).toContainEqual(['UDP 10.96.0.10:53', 1]);
    expect(read(4, FLOWS.replace('[UNREPLIED] ', '')).map(([id]) => id)).not.toContain('UDP 10.96.0.10:53');
  });
});

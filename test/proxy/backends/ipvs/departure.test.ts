/** Mode ipvs gives way: what becomes of the node's own connections, and which are waited for. */
import { describe, expect, it } from 'vitest';
import { renderIpOp } from '../../../../src/kernel/render-ops.ts';
import { ipvsDeparture } from '../../../../src/proxy/backends/ipvs/departure.ts';
import { FACTS_4, FACTS_6, service, slice, viewsOf } from '../../fixtures.ts';
import { IpvsModel } from './ipvs-model.ts';
import { observedOf, sync } from './syncs.ts';

/** Lines of `ip -batch` of a part of the departure, with one Service there. */
function lines(part: 'prepare' | 'stay' | 'finish', family: 4 | 6): string[] {
  const facts = family === 4 ? FACTS_4 : FACTS_6;
  const clusterIP = family === 4 ? '172.30.0.41' : 'fd00:96::41';
  const endpoint = family === 4 ? '10.244.1.2' : 'fd00:1::2';
  const model = new IpvsModel([facts.nodeIP]);
  sync(model, viewsOf([service({ clusterIP })], [slice([endpoint], { family })], { family }), undefined, facts);
  return ipvsDeparture[part](observedOf(model, family), facts).flatMap((batch) =>
    batch.tool === 'ip' ? batch.ops.map(renderIpOp) : [batch.tool],
  );
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
    expect(lines('stay', 4)).toEqual(anew('172.30.0.41/32'));
    expect(lines('stay', 6)).toEqual(['route delete local fd00:96::41/128 dev lo', ...anew('fd00:96::41/128')]);
  });

  it('leave no route behind', () => {
    expect([lines('finish', 4), lines('finish', 6)]).toEqual([[], ['route delete local fd00:96::41/128 dev lo']]);
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
UDP 04:58  UDP         10.244.1.2:40004   10.96.0.10:53      10.244.0.2:53
SCTP 00:03 ESTABLISHED 10.244.1.2:40005   10.96.0.7:2905     10.244.0.3:2905
TCP 14:59  FIN_WAIT    [fd00:10:244:1::2]:40006 [fd00:10:96::1]:443 [fd00:192:168:1::10]:6443
`;

  it('are those of the family that have not ended; a flow of UDP has no end', () => {
    expect(ipvsDeparture.underWay.count(LISTING, 4)).toBe(3);
    expect(ipvsDeparture.underWay.count(LISTING, 6)).toBe(1);
    expect(ipvsDeparture.underWay.count('', 4)).toBe(0);
  });
});

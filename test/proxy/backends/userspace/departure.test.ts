import { describe, expect, it } from 'vitest';
import { userspaceDeparture } from '../../../../src/proxy/backends/userspace/departure.ts';
import { observeSave } from '../../../../src/proxy/backends/userspace/state.ts';
import { FACTS_4 } from '../../fixtures.ts';

const STANDING = observeSave(`*nat
:KUBE-PORTALS-CONTAINER - [0:0]
-A KUBE-PORTALS-CONTAINER -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns" -m udp --dport 53 -j REDIRECT --to-ports 40053
COMMIT
`);
const flow = (port: number, isAnswered = false) =>
  `udp      17 29 src=10.244.1.2 dst=10.96.0.10 sport=40004 dport=53 ${isAnswered ? '' : '[UNREPLIED] '}src=10.244.1.1 dst=10.244.1.2 sport=${port} dport=40004 mark=0 use=1\n`;

function batchesAfter(flows: string) {
  const underWay = userspaceDeparture.underWay.read([flows], { retired: STANDING, facts: FACTS_4, isLate: false });
  const gone = observeSave('');
  return userspaceDeparture.settle({ retired: STANDING, standing: gone, underWay, facts: FACTS_4 });
}

describe('mode userspace gives way', () => {
  it('and has flows of UDP forgotten when what was asked has been answered', () => {
    expect(userspaceDeparture.retire(STANDING, 4, { chains: new Set(), jumps: new Set() })).toHaveLength(1);
    expect(batchesAfter(flow(40_053))).toEqual([]);
    const argv = ['conntrack', '-D', '-f', 'ipv4', '-p', 'udp', '--reply-port-src', '40053'];
    const removal = [{ tool: 'command', argv, allowFailure: true }];
    expect(batchesAfter(flow(40_053, true))).toEqual(removal);
    // Of another relay, or of none.
    expect(batchesAfter(flow(40_054))).toEqual(removal);
  });
});

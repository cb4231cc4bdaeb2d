/** docs/equivalence.md is the table of situations, written out; `vitest -u` writes it anew. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROXY_MODES } from '../../src/objects/proxy-mode.ts';
import { expectationOf } from '../integration/equivalence/expectation.ts';
import { asksOver, familiesOf, isSctp, type Place, type Situation } from '../integration/equivalence/situation.ts';
import { PLAYS, SITUATIONS } from '../integration/equivalence/situations/all.ts';

/** The rows of the feature table that are about Services as such. */
const ROWS = Array.from({ length: 15 }, (_, index) => `C${index + 1}`);

const NODE_OF: Readonly<Record<string, string>> = {
  a1: 'node-1',
  a2: 'node-1',
  p1: 'node-1',
  b1: 'node-2',
  u1: 'node-2',
  p2: 'node-2',
};
const places = { nodeOf: (place: string) => NODE_OF[place] };

/** The backends that differ in a question, what is expected there, why and who says so; in one line where all families agree. */
function exceptionsOf(situation: Situation): string[] {
  const lines = familiesOf(situation).flatMap((family) =>
    situation.acts.flatMap((act) =>
      asksOver(act, family).flatMap((ask) =>
        PROXY_MODES.flatMap((mode) => {
          const { exception } = expectationOf(ask, { situation, family, mode, places });
          // What a relay does everywhere is told once.
          if (exception === undefined || exception.source.includes('proxysocket.go')) return [];
          const { expect: own, why, source } = exception;
          return `| ${situation.title} | ${mode} | ${ask.from} | ${ask.expect} | ${own} | ${why} (${source}) |`;
        }),
      ),
    ),
  );
  return [...new Set(lines)];
}

type Side = 'pod' | 'node' | 'outside';
const SIDES: readonly Side[] = ['pod', 'node', 'outside'];

function sideOf(place: Place): Side {
  if (place === 'client') return 'outside';
  return place in NODE_OF ? 'pod' : 'node';
}

/** The situations of a row, and how many of their questions come from each side. */
function rowOf(row: string) {
  const situations = SITUATIONS.filter(({ title }) => title.startsWith(`${row} `));
  const plays = PLAYS.filter(({ situation }) => situations.includes(situation));
  const asked = plays.flatMap(({ situation, family }) => situation.acts.flatMap((act) => asksOver(act, family)));
  const counts = SIDES.map((side) => asked.filter(({ from }) => sideOf(from) === side).length);
  return { row, situations, counts };
}

/** A situation in a line. */
function told(situation: Situation): string {
  const families = familiesOf(situation).map((family) => `IPv${family}`);
  return `- ${situation.title} (${families.join(', ')}${isSctp(situation) ? '; SCTP' : ''})`;
}

function document(): string {
  const asked = ROWS.flatMap((row) => rowOf(row).counts).reduce((sum, count) => sum + count, 0);
  return `# Four backends, one behaviour

The same Services are made in a lab of IPv4 and IPv6 in each backend of kube-proxy and asked over real packets, from pods, nodes and the
outside client: who answers, which source address the pod sees, what is refused, what is dropped. ${SITUATIONS.length} situations; a Service of both
families is asked over each of them: ${asked} questions, each in iptables, nftables and userspace on the host's kernel and in ipvs on
User-mode Linux's (\`test/integration/equivalence\`; where the host's kernel has IPVS, on that too): the comparison goes across kernels.
\`a1<p1\` means: pod a1 answered, and saw the address of p1.

**SCTP** is shown by packets of our own where the kernel has no SCTP sockets, as the host's here: an INIT that meets its server, and the
INIT ACK that finds back (iptables, nftables, userspace). In User-mode Linux the cells are real associations (ipvs, and iptables once more).

In **userspace** the relay takes every connection and makes one of its own: the pod sees the node, and a Service without endpoints
closes instead of refusing; for SCTP there is no relay, and nobody answers (kubernetes v1.25 pkg/proxy/userspace/proxysocket.go). These
are the other exceptions:

| situation | backend | from | the others | here | why |
|---|---|---|---|---|---|
${SITUATIONS.flatMap(exceptionsOf).join('\n')}

## The rows of the feature table

Questions from each side, over all families; each is asked in every backend.

| row | situations | from a pod | from a node | from outside |
|---|---|---|---|---|
${ROWS.map(rowOf)
  .map(({ row, situations, counts }) => `| ${row} | ${situations.length} | ${counts.join(' | ')} |`)
  .join('\n')}

## The situations

${SITUATIONS.map(told).join('\n')}
`;
}

it('says what is compared, and where a backend differs', async () => {
  await expect(document()).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/equivalence.md'));
});

it.each(ROWS)('%s is asked about from a pod, a node and outside', (row) => {
  expect(Math.min(...rowOf(row).counts)).toBeGreaterThan(0);
});

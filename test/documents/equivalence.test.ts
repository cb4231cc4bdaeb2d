/** docs/equivalence.md is the table of situations, written out; `vitest -u` writes it anew. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROXY_MODES } from '../../src/objects/proxy-mode.ts';
import { expectationOf } from '../integration/equivalence/expectation.ts';
import type { Situation } from '../integration/equivalence/situation.ts';
import { SITUATIONS } from '../integration/equivalence/situations/all.ts';

const NODE_OF: Readonly<Record<string, string>> = {
  a1: 'node-1',
  a2: 'node-1',
  p1: 'node-1',
  b1: 'node-2',
  u1: 'node-2',
  p2: 'node-2',
};
const places = { nodeOf: (place: string) => NODE_OF[place] };

/** Backend, what is expected there, why and who says so: for each question of a situation that has exceptions. */
function exceptionsOf(situation: Situation): string[] {
  return situation.acts.flatMap(({ asks }) =>
    asks.flatMap((ask) =>
      PROXY_MODES.flatMap((mode) => {
        const { exception } = expectationOf(ask, mode, places, situation);
        // The relay's two ways hold everywhere, and are told once.
        if (exception === undefined || exception.source.includes('proxysocket.go')) return [];
        const { expect: own, why, source } = exception;
        return `| ${situation.title} | ${mode} | ${ask.from} | ${ask.expect} | ${own} | ${why} (${source}) |`;
      }),
    ),
  );
}

function document(): string {
  const asked = SITUATIONS.flatMap(({ acts }) => acts.flatMap(({ asks }) => asks)).length;
  return `# Four backends, one behaviour

The same Services are made in a lab in each backend of kube-proxy and asked over real packets, from pods, nodes and the outside
client: who answers, which source address the pod sees, what is refused, what is dropped. ${SITUATIONS.length} situations, ${asked} questions,
each in iptables, nftables and userspace on the host's kernel and in ipvs on User-mode Linux's (\`test/integration/equivalence\`; where
the host's kernel has IPVS, on that too). \`a1<p1\` means: pod a1 answered, and saw the address of p1.

In **userspace** the relay takes every connection and makes one of its own: the pod sees the node, and a Service without endpoints
closes instead of refusing (kubernetes v1.25 pkg/proxy/userspace/proxysocket.go). These are the other exceptions:

| situation | backend | from | the others | here | why |
|---|---|---|---|---|---|
${SITUATIONS.flatMap(exceptionsOf).join('\n')}

## The situations

${SITUATIONS.map(({ title }) => `- ${title}`).join('\n')}
`;
}

it('says what is compared, and where a backend differs', async () => {
  await expect(document()).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/equivalence.md'));
});

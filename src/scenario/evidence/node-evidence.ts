/** What the nodes have of a scenario's Services: rules in their backend's own words, connections, what kube-proxy says of itself. */

import { batchedReads } from '../../kernel/batched-reads.ts';
import type { LabSnapshot, NodeSnapshot } from '../../lab/lab-snapshot.ts';
import { nodeRules } from '../../lab/node-rules.ts';
import { hostPort } from '../../net/host-port.ts';
import { familyOf } from '../../net/ip.ts';
import { type ConntrackEntry, parseConntrack } from '../../walk/conntrack.ts';
import { diffSections } from '../../walk/rules/diff-sections.ts';
import { formatSections, type RuleSection, sectionsOf } from '../../walk/rules/rule-section.ts';
import { ruleChanges } from '../rules/rule-changes.ts';
import type { StepContext } from '../step-context.ts';

const NONE = '(none)';
/** Where kube-proxy says how it is, unless its configuration says otherwise. */
const HEALTHZ_PORT = 10256;

/** The rules that are there for a Service of the scenario; a rule is told once for all nodes that have it. */
export async function serviceRules(context: StepContext): Promise<string> {
  const { nodes, services } = await context.snapshot();
  const names = services
    .filter(({ namespace }) => namespace === context.namespace)
    .map(({ namespace, name }) => `${namespace}/${name}`);
  if (names.length === 0) return '';
  const perNode = await Promise.all(
    nodes.map(async (node) => {
      const rules = await nodeRules(context.lab, node);
      const own = names.flatMap((name) => sectionsOf(rules, name));
      return [`${node.name} (${node.proxy.mode})`, diffSections([], own)] as const;
    }),
  );
  const told = ruleChanges(new Map(perNode)).map(({ nodes: where, sections }) => {
    const listed = sections.map(
      ({ place, about, added }): RuleSection => ({ place, lines: added, ...(about === undefined ? {} : { about }) }),
    );
    return `${where.join(', ')}:\n${formatSections(listed)}`;
  });
  const without = perNode.filter(([, diffs]) => diffs.length === 0).map(([node]) => `${node}: ${NONE}`);
  return [...told, ...without].join('\n');
}

/** Entries of conntrack to or from the scenario's Services and pods. */
export async function connections(context: StepContext): Promise<string> {
  const snapshot = await context.snapshot();
  const addresses = ownAddresses(snapshot, context.namespace);
  return await onEachNode(context, snapshot.nodes, async (node, read) => {
    const families = new Set(node.ips.map(familyOf));
    const listings = await Promise.all([...families].map((family) => read(['conntrack', '-L', '-f', `ipv${family}`])));
    const entries = listings
      .flatMap(({ stdout }) => parseConntrack(stdout))
      .filter((entry) => touches(entry, addresses));
    return entries.map(({ line }) => line).join('\n') || NONE;
  });
}

/** The mode, whether all is programmed, and the answer of `/healthz`. */
export async function proxyHealth(context: StepContext): Promise<string> {
  const { nodes } = await context.snapshot();
  return await onEachNode(context, nodes, async ({ proxy, ip }, read) => {
    const { mode, synced, generation, obstacle } = proxy;
    const url = `http://${hostPort(ip, HEALTHZ_PORT)}/healthz`;
    const { stdout } = await read(['curl', '-s', '-m', '2', '-w', ' (%{http_code})', url]);
    const state = `mode ${mode}, ${synced ? 'all programmed' : 'not all programmed'}, sync ${generation}`;
    return [state, ...(obstacle === undefined ? [] : [obstacle]), `healthz: ${stdout.trim()}`].join('\n');
  });
}

type Read = ReturnType<typeof batchedReads>;

async function onEachNode(
  { lab }: StepContext,
  nodes: readonly NodeSnapshot[],
  look: (node: NodeSnapshot, read: Read) => Promise<string>,
): Promise<string> {
  const texts = await Promise.all(
    nodes.map(async (node) => `${node.name}:\n${indented(await look(node, batchedReads(lab.kernel, node.netns)))}`),
  );
  return texts.join('\n');
}

function ownAddresses({ pods, services }: LabSnapshot, namespace: string): ReadonlySet<string> {
  const isOwn = (item: { readonly namespace: string }): boolean => item.namespace === namespace;
  return new Set([
    ...services.filter(isOwn).flatMap(({ clusterIPs }) => clusterIPs),
    ...pods.filter(isOwn).flatMap(({ ips }) => ips),
  ]);
}

function touches({ original, reply }: ConntrackEntry, addresses: ReadonlySet<string>): boolean {
  return [original.source, original.destination, reply.source, reply.destination].some((ip) => addresses.has(ip));
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

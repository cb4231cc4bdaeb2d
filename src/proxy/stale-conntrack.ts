/**
 * UDP flows that still go where no endpoint serves any more. A UDP client keeps its source port, so its conntrack entry
 * lives as long as it sends: without removal it would never reach the new endpoint. The rules are kube-proxy's (upstream
 * pkg/proxy/conntrack/cleanup.go): all serving endpoints count, by address and port, whatever the traffic policies; a
 * Service without any is left alone. Pure.
 */
import type { Batch } from '../kernel/kernel.ts';
import type { IpFamily } from '../net/ip.ts';
import type { ServicePortView, ServicePortViews } from '../objects/service-port-view.ts';

/** The command whose output `planStaleFlows` reads. */
export function conntrackListing(family: IpFamily): readonly [string, ...string[]] {
  return ['conntrack', '-L', '-f', `ipv${family}`, '-p', 'udp'];
}

/** True when the change from `before` to `after` may have left flows behind: UDP, and other endpoints serve. */
export function mayLeaveStaleFlows(before: ServicePortView | undefined, after: ServicePortView | undefined): boolean {
  if (after === undefined || after.name.protocol !== 'UDP') return false;
  const old = servingAddresses(before);
  const now = servingAddresses(after);
  return now.size > 0 && (old.size !== now.size || [...now].some((address) => !old.has(address)));
}

/** What to remove. */
export interface StaleFlows {
  readonly batches: readonly Batch[];
  /** Flows that the batches meet. */
  readonly count: number;
}

/**
 * One `conntrack -D` per group of flows to the same destination that are answered by the same stale address. What a relay of
 * mode userspace answers (`relayPorts`) is the relay's own to send elsewhere.
 */
export function planStaleFlows(
  listing: string,
  views: ServicePortViews,
  family: IpFamily,
  relayPorts: ReadonlySet<number> = new Set(),
): StaleFlows {
  const byAddress = new Map<string, ReadonlySet<string>>();
  const byNodePort = new Map<string, ReadonlySet<string>>();
  for (const view of views.values()) {
    if (view.name.protocol !== 'UDP') continue;
    const serving = servingAddresses(view);
    if (serving.size === 0) continue;
    for (const ip of [view.clusterIP, ...view.loadBalancerVIPs, ...view.externalIPs]) {
      byAddress.set(`${ip} ${view.port}`, serving);
    }
    if (view.nodePort !== undefined) byNodePort.set(`${view.nodePort}`, serving);
  }

  const filters = new Map<string, string[]>();
  let count = 0;
  for (const line of listing.split('\n')) {
    const flow = parseFlow(line);
    if (flow === undefined || relayPorts.has(flow.replyPort)) continue;
    const { destination, port, replySource, replyPort } = flow;
    const answering = `${replySource} ${replyPort}`;
    const answer = ['--orig-port-dst', port, '--reply-src', replySource, '--reply-port-src', `${replyPort}`];
    let filter: string[];
    if (byAddress.get(`${destination} ${port}`)?.has(answering) === false)
      filter = ['--orig-dst', destination, ...answer];
    else if (byNodePort.get(port)?.has(answering) === false) filter = answer;
    else continue;
    filters.set(filter.join(' '), filter);
    count += 1;
  }
  const batches = [...filters.values()].map(
    (filter): Batch => ({
      tool: 'command',
      argv: ['conntrack', '-D', '-f', `ipv${family}`, '-p', 'udp', ...filter],
      // The flow may have ended since the listing.
      allowFailure: true,
    }),
  );
  return { batches, count };
}

/** `10.244.1.2 80`, as flows are told apart. */
function servingAddresses(view: ServicePortView | undefined): Set<string> {
  return new Set(view?.endpoints.all.filter(({ isServing }) => isServing).map(({ ip, port }) => `${ip} ${port}`));
}

interface Flow {
  readonly destination: string;
  readonly port: string;
  /** Who answers: the address behind DNAT. */
  readonly replySource: string;
  readonly replyPort: number;
}

/** `udp 17 29 src=… dst=… sport=… dport=… [UNREPLIED] src=… dst=… …`: the original direction, then the reply's. */
function parseFlow(line: string): Flow | undefined {
  if (!line.startsWith('udp ')) return undefined;
  const values = (key: string) => [...line.matchAll(new RegExp(` ${key}=(\\S+)`, 'g'))].map((match) => match[1]);
  const destination = values('dst')[0];
  const port = values('dport')[0];
  const replySource = values('src')[1];
  if (destination === undefined || port === undefined || replySource === undefined) return undefined;
  return { destination, port, replySource, replyPort: Number(values('sport')[1]) };
}

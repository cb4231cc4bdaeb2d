/** What stands in for the CoreDNS image: the lab's cluster DNS, as a server of one pod. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteTransport } from '../client/remote-transport.ts';
import { ClusterDns } from '../dns/cluster-dns.ts';
import type { StandInFactory } from '../node/standins/stand-in.ts';

/** How DNS pods reach the API; in a file, since it holds a token. */
export interface DnsAccess {
  /** `https://10.96.0.1:443`: the `kubernetes` Service, as every pod reaches it. */
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  /** `cluster.local`. */
  readonly clusterDomain: string;
}

/** How long CoreDNS's kubernetes plugin holds back the start for its first sync. */
const SYNC_WAIT_MS = 5_000;

/** The factory of DNS stand-ins; the file at `accessPath` is read when the first one starts. */
export function dnsStandIn(accessPath: string): StandInFactory {
  return async ({ sockets, netns, log }) => {
    const { clusterDomain, ...access } = JSON.parse(readFileSync(accessPath, 'utf8')) as DnsAccess;
    const transport = new RemoteTransport({
      ...access,
      userAgent: 'CoreDNS',
      connect: (host, port) => sockets.connect(netns, { host, port }),
    });
    const dns = new ClusterDns({ sockets, netns, address: '0.0.0.0', transport, clusterDomain });
    await dns.listen();
    log('.:53');
    const synced = dns.start().then(() => log('[INFO] plugin/kubernetes: synced with the API'));
    synced.catch((error: unknown) => log(`[ERROR] plugin/kubernetes: ${String(error)}`, 'stderr'));
    // The container counts as started when it can answer, so that its first readiness probe finds it ready. Without an
    // API it starts all the same, after as long as CoreDNS waits, and answers SERVFAIL.
    await Promise.race([synced, sleep(SYNC_WAIT_MS, undefined, { ref: false })]);
    return { close: () => dns.stop() };
  };
}

/**
 * What stands in for the CoreDNS image: the lab's cluster DNS as a server of one pod. Like CoreDNS it reads its Corefile (`-conf`),
 * and reaches the API as any program in a pod does: by the environment and by its service account's files.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteTransport } from '../client/remote-transport.ts';
import { ClusterDns } from '../dns/cluster-dns.ts';
import { CorefileError } from '../dns/corefile.ts';
import { type DnsConfig, readDnsConfig } from '../dns/server-config.ts';
import { hostPort, wildcardFor } from '../net/host-port.ts';
import type { StandInContext, StandInFactory } from '../node/standins/stand-in.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** How long CoreDNS's kubernetes plugin holds back the start for its first sync. */
const SYNC_WAIT_MS = 5_000;

/** The factory of DNS stand-ins. */
export const startDnsStandIn: StandInFactory = async (context) => {
  const { sockets, netns, log, pod } = context;
  const dns = new ClusterDns({
    sockets,
    netns,
    address: wildcardFor(pod.ips),
    serverAddress: pod.ips[0] ?? '',
    transport: inClusterTransport(context),
    config: readConfig(context),
    nameservers: nameserversOf(context.readFile('/etc/resolv.conf')),
    log,
  });
  await dns.listen();
  log('.:53');
  const synced = dns.start().then(() => log('[INFO] plugin/kubernetes: synced with the API'));
  synced.catch((error: unknown) => log(`[ERROR] plugin/kubernetes: ${String(error)}`, 'stderr'));
  // The container counts as started when it can answer, so that its first readiness probe finds it ready. Without an
  // API it starts all the same, after as long as CoreDNS waits, and answers SERVFAIL.
  await Promise.race([synced, sleep(SYNC_WAIT_MS, undefined, { ref: false })]);
  return { close: (graceMs) => dns.stop(graceMs) };
};

/** As CoreDNS, it ends with what is wrong with its Corefile. */
function readConfig({ args, readFile }: StandInContext): DnsConfig {
  const flag = args.indexOf('-conf');
  const path = flag < 0 ? 'Corefile' : (args[flag + 1] ?? '');
  try {
    return readDnsConfig(readFile(path));
  } catch (error) {
    throw error instanceof CorefileError ? new Error(error.message.replace('Corefile', path)) : error;
  }
}

function inClusterTransport({ sockets, netns, env, readFile }: StandInContext): RemoteTransport {
  return new RemoteTransport({
    server: `https://${hostPort(env.KUBERNETES_SERVICE_HOST ?? '', Number(env.KUBERNETES_SERVICE_PORT))}`,
    ca: readFile(`${ACCOUNT}/ca.crt`),
    // Renewed while the pod runs.
    token: () => readFile(`${ACCOUNT}/token`),
    userAgent: 'CoreDNS',
    connect: (host, port) => sockets.connect(netns, { host, port }),
  });
}

function nameserversOf(resolvConf: string): string[] {
  return [...resolvConf.matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1]!);
}

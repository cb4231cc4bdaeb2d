/** `/etc/hosts` and the host names of a pod. Pure. */
import type { Pod } from '../../objects/wire.ts';

const HEADER = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;
/** Linux allows a host name 64 characters; Kubernetes cuts at 63. */
const LONGEST_HOSTNAME = 63;

/** The pod's host name; a pod on the node's network has the node's. */
export function hostnameOf(pod: Pod, node: string): string {
  if (pod.spec?.hostNetwork === true) return node;
  const name = pod.spec?.hostname ?? pod.metadata?.name ?? '';
  return name.slice(0, LONGEST_HOSTNAME).replace(/[-.]+$/, '');
}

/** The file's text. A line for each of the pod's addresses; with a subdomain it begins with the full name. */
export function hostsFile(pod: Pod, ips: readonly string[], hostname: string, clusterDomain: string): string {
  const { subdomain, hostAliases = [] } = pod.spec ?? {};
  const full =
    subdomain === undefined || subdomain === ''
      ? ''
      : `${hostname}.${subdomain}.${pod.metadata?.namespace}.svc.${clusterDomain}\t`;
  const aliases =
    hostAliases.length === 0
      ? ''
      : `\n# Entries added by HostAliases.\n${hostAliases
          .map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}\n`)
          .join('')}`;
  const own = ips.map((ip) => `${ip}\t${full}${hostname}\n`).join('');
  return `${HEADER}${own}${aliases}`;
}

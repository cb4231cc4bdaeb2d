/** `/etc/hosts` and the host names of a pod. Pure. */
import type { Pod } from '../../objects/wire.ts';

const HEADER = '# Kubernetes-managed hosts file.\n';
const HOST_NETWORK_HEADER = '# Kubernetes-managed hosts file (host network).\n';
const LOCAL = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;
/** Kubernetes cuts a label at 63 characters; Linux allows a host name 64. */
const LONGEST_HOSTNAME = 63;
const LONGEST_KERNEL_HOSTNAME = 64;

export interface PodNames {
  /** What `hostname` says in the pod. */
  readonly hostname: string;
  /** The name of a pod with a subdomain in the cluster's DNS, and its first label; the pod's own alone without one. */
  readonly known: readonly [string, ...string[]];
}

/**
 * The names of a pod; a pod on the node's network has the node's. With `setHostnameAsFQDN` the host name is the full one; throws in the
 * kubelet's words when Linux has no room for it.
 */
export function podNames(pod: Pod, node: string, clusterDomain: string): PodNames {
  const { spec, metadata } = pod;
  if (spec?.hostNetwork === true) return { hostname: node, known: [node] };
  const name = (spec?.hostname ?? metadata?.name ?? '').slice(0, LONGEST_HOSTNAME).replace(/[-.]+$/, '');
  if ((spec?.subdomain ?? '') === '') return { hostname: name, known: [name] };
  const full = `${name}.${spec!.subdomain}.${metadata?.namespace}.svc.${clusterDomain}`;
  if (spec!.setHostnameAsFQDN !== true) return { hostname: name, known: [full, name] };
  if (full.length <= LONGEST_KERNEL_HOSTNAME) return { hostname: full, known: [full, name] };
  throw new Error(
    `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long ` +
      `(${LONGEST_KERNEL_HOSTNAME} characters is the max, ${full.length} characters requested)`,
  );
}

/** The file's text, a line of `names` for each of the pod's addresses. A pod on the node's network has the node's file. */
export function hostsFile({ spec }: Pod, ips: readonly string[], names: readonly string[]): string {
  const aliases = (spec?.hostAliases ?? []).map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}\n`);
  const header = spec?.hostNetwork === true ? HOST_NETWORK_HEADER : HEADER;
  return (
    header +
    LOCAL +
    ips.map((ip) => `${ip}\t${names.join('\t')}\n`).join('') +
    (aliases.length === 0 ? '' : `\n# Entries added by HostAliases.\n${aliases.join('')}`)
  );
}

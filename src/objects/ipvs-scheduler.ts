/** How IPVS chooses a real server: the names of the kernel's schedulers (net/netfilter/ipvs, ipvsadm(8)). */

/** Those kube-proxy's configuration allows, in the order of its documentation. */
export const KUBE_PROXY_SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'sh',
  'dh',
  'sed',
  'nq',
  'mh',
] as const;

/** All the kernel has. kube-proxy gives every endpoint weight 1, so the further ones send all to one, or by chance. */
export const IPVS_SCHEDULERS = [...KUBE_PROXY_SCHEDULERS, 'fo', 'ovf', 'twos'] as const;

export type IpvsScheduler = (typeof IPVS_SCHEDULERS)[number];

/** The backends of kube-proxy by the names that kube-proxy and lab files have for them. */

/** Every backend there is to speak of. */
export const PROXY_MODES = ['iptables', 'ipvs', 'nftables', 'userspace'] as const;

/** The backends this kube-proxy has. */
export const OFFERED_PROXY_MODES = ['iptables', 'nftables', 'userspace'] as const;

export type ProxyMode = (typeof OFFERED_PROXY_MODES)[number];

/** True for a backend this kube-proxy has. */
export function isOffered(mode: string): mode is ProxyMode {
  return OFFERED_PROXY_MODES.some((offered) => offered === mode);
}

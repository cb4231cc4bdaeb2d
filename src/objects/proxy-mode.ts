/** The backends of kube-proxy by the names that kube-proxy and lab files have for them. */
export const PROXY_MODES = ['iptables', 'ipvs', 'nftables', 'userspace'] as const;

export type ProxyMode = (typeof PROXY_MODES)[number];

/** True for the name of a backend. */
export function isProxyMode(mode: string): mode is ProxyMode {
  return PROXY_MODES.some((known) => known === mode);
}

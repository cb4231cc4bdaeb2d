/**
 * The chains of the first kube-proxy and the jumps to them (Kubernetes ≤ 1.25, pkg/proxy/userspace/proxier.go). One pair
 * for the addresses of Services ("portals"), one for node ports: containers' packets come through PREROUTING, the node's
 * own through OUTPUT, and each needs another target.
 */

export const PORTALS_CONTAINER = 'KUBE-PORTALS-CONTAINER';
export const PORTALS_HOST = 'KUBE-PORTALS-HOST';
export const NODE_PORT_CONTAINER = 'KUBE-NODEPORT-CONTAINER';
export const NODE_PORT_HOST = 'KUBE-NODEPORT-HOST';
/** Lets packets for the relays in where the policy of INPUT would not. */
export const NODE_PORT_NON_LOCAL = 'KUBE-NODEPORT-NON-LOCAL';
/** The lab's own addition: the first kube-proxy knew no loadBalancerSourceRanges. */
export const PORTALS_FIREWALL = 'KUBE-PORTALS-FIREWALL';

/** A rule of one of our chains. */
export interface PortalRule {
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  /** Without `-A CHAIN`. */
  readonly rule: string;
}

/** A jump from a built-in chain, put first or last in it; reads the same in `iptables-save`. */
export interface PortalJump {
  readonly table: 'nat' | 'filter';
  readonly from: string;
  readonly to: string;
  readonly rule: string;
  readonly isLast: boolean;
}

export const CHAINS: Readonly<Record<'nat' | 'filter', readonly string[]>> = {
  nat: [PORTALS_CONTAINER, PORTALS_HOST, NODE_PORT_CONTAINER, NODE_PORT_HOST],
  filter: [NODE_PORT_NON_LOCAL, PORTALS_FIREWALL],
};

const PORTALS = '-m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules"';
// In the order in which `iptables-save` prints it.
const NODE_PORTS =
  '-m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain"';
const NON_LOCAL = '-m comment --comment "Ensure that non-local NodePort traffic can flow"';
const FIREWALL = '-m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall"';

export const JUMPS: readonly PortalJump[] = [
  jump('filter', 'INPUT', NON_LOCAL, NODE_PORT_NON_LOCAL),
  jump('filter', 'INPUT', FIREWALL, PORTALS_FIREWALL),
  jump('filter', 'FORWARD', FIREWALL, PORTALS_FIREWALL),
  jump('filter', 'OUTPUT', FIREWALL, PORTALS_FIREWALL),
  jump('nat', 'PREROUTING', PORTALS, PORTALS_CONTAINER),
  jump('nat', 'OUTPUT', PORTALS, PORTALS_HOST),
  jump('nat', 'PREROUTING', NODE_PORTS, NODE_PORT_CONTAINER, true),
  jump('nat', 'OUTPUT', NODE_PORTS, NODE_PORT_HOST, true),
];

function jump(table: PortalJump['table'], from: string, match: string, to: string, isLast = false): PortalJump {
  return { table, from, to, rule: `${match} -j ${to}`, isLast };
}

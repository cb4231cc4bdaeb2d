/** Balancing over endpoints, session affinity, DNAT and hairpin: the rules around `KUBE-SEP-` chains. */
import type { EndpointView, ServicePortView } from '../../../objects/service-port-view.ts';
import { endpointChainName, MARK_MASQ } from './chain-names.ts';
import type { Chain } from './fixed-chains.ts';

/** An endpoint with the name of its chain, which several chains need. */
export interface ChainedEndpoint {
  readonly endpoint: EndpointView;
  readonly chain: string;
}

/** Each endpoint with its chain's name. */
export function chainedEndpoints(view: ServicePortView, endpoints: readonly EndpointView[]): ChainedEndpoint[] {
  return endpoints.map((endpoint) => ({ endpoint, chain: endpointChainName(view, endpoint) }));
}

/** Rules of a policy chain: clients that stick first, then rule i of n with probability 1/(n−i), the last always. */
export function policyRules(
  view: ServicePortView,
  endpoints: readonly ChainedEndpoint[],
  isLargeCluster: boolean,
): string[] {
  const commentOf = ({ address }: EndpointView) =>
    isLargeCluster ? '' : `-m comment --comment "${view.nameString} -> ${address}" `;
  const sticky =
    view.affinitySeconds === undefined
      ? []
      : endpoints.map(
          ({ endpoint, chain }) =>
            `${commentOf(endpoint)}-m recent --name ${chain} --rcheck --seconds ${view.affinitySeconds} --reap -j ${chain}`,
        );
  const balanced = endpoints.map(({ endpoint, chain }, index) => {
    const left = endpoints.length - index;
    const chance = left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
    return `${commentOf(endpoint)}${chance}-j ${chain}`;
  });
  return [...sticky, ...balanced];
}

/** The chain of one endpoint: an endpoint that calls itself is masqueraded (hairpin), everything is sent to it. */
export function endpointChain(
  view: ServicePortView,
  { endpoint, chain: name }: ChainedEndpoint,
  isLargeCluster: boolean,
): Chain {
  const protocol = view.name.protocol.toLowerCase();
  const comment = isLargeCluster ? '' : `-m comment --comment ${view.nameString} `;
  const remember = view.affinitySeconds === undefined ? '' : `-m recent --name ${name} --set `;
  return {
    name,
    rules: [
      `${comment}-s ${endpoint.ip} -j ${MARK_MASQ}`,
      `${comment}${remember}-m ${protocol} -p ${protocol} -j DNAT --to-destination ${endpoint.address}`,
    ],
  };
}

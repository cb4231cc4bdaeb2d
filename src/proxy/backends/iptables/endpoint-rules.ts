/** Balancing over endpoints, session affinity, DNAT and hairpin: the rules around `KUBE-SEP-` chains. */
import type { EndpointView, ServicePortView } from '../../../objects/service-port-view.ts';
import { endpointChainName, MARK_MASQ } from './chain-names.ts';
import type { Chain } from './fixed-chains.ts';

/** Rules of a policy chain: clients that stick first, then rule i of n with probability 1/(n−i), the last always. */
export function policyRules(
  view: ServicePortView,
  endpoints: readonly EndpointView[],
  isLargeCluster: boolean,
): string[] {
  const targets = endpoints.map((endpoint) => ({
    chain: endpointChainName(view, endpoint),
    comment: isLargeCluster ? '' : `-m comment --comment "${view.nameString} -> ${endpoint.address}" `,
  }));
  const sticky =
    view.affinitySeconds === undefined
      ? []
      : targets.map(
          ({ chain, comment }) =>
            `${comment}-m recent --name ${chain} --rcheck --seconds ${view.affinitySeconds} --reap -j ${chain}`,
        );
  const balanced = targets.map(({ chain, comment }, index) => {
    const left = targets.length - index;
    const chance = left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
    return `${comment}${chance}-j ${chain}`;
  });
  return [...sticky, ...balanced];
}

/** The chain of one endpoint: an endpoint that calls itself is masqueraded (hairpin), everything is sent to it. */
export function endpointChain(view: ServicePortView, endpoint: EndpointView, isLargeCluster: boolean): Chain {
  const name = endpointChainName(view, endpoint);
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

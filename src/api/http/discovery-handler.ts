/** /api, /apis and what is below them short of a resource: discovery in the form the client asked for. */
import type { ApiCore } from '../api-core.ts';
import { aggregatedDiscovery } from '../discovery/aggregated.ts';
import { type DiscoveryGroup, discover } from '../discovery/discovered.ts';
import { apiGroup, coreVersions, groupList, resourceList } from '../discovery/resource-lists.ts';
import { pathNotFound } from '../status-error.ts';
import { answerValue } from './answer.ts';
import { type Exchange, sendBody } from './exchange.ts';
import { JSON_TYPE, wantsAggregatedDiscovery } from './negotiation.ts';

/** Returns a handler for the paths of discovery. It throws 404 for a group or version that is not served. */
export function discoveryHandler(core: ApiCore): (exchange: Exchange) => Promise<void> {
  const groups = discover(core.definitions);
  return async (exchange) => {
    if (exchange.path.includes('//')) throw pathNotFound();
    const [root, ...rest] = exchange.path.split('/').filter((part) => part !== '');
    const inCore = root === 'api';
    if (rest.length === 0) return answerRoot(exchange, groups, inCore);
    const [groupName, version] = inCore ? ['', rest[0]] : rest;
    const group = groups.find(({ name }) => name === groupName);
    if (group === undefined || rest.length > (inCore ? 1 : 2)) throw pathNotFound();
    if (version === undefined) return answerValue(exchange, 200, apiGroup(group));
    const found = group.versions.find((served) => served.version === version);
    if (found === undefined) throw pathNotFound();
    const groupVersion = inCore ? version : `${group.name}/${version}`;
    await answerValue(exchange, 200, resourceList(groupVersion, found.resources));
  };
}

async function answerRoot(exchange: Exchange, groups: readonly DiscoveryGroup[], inCore: boolean): Promise<void> {
  const aggregated = wantsAggregatedDiscovery(exchange.request.headers.accept);
  exchange.response.setHeader('Vary', 'Accept');
  if (aggregated !== undefined) {
    const chosen = groups.filter(({ name }) => (name === '') === inCore);
    const type = `${JSON_TYPE};g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`;
    return sendBody(exchange, 200, JSON.stringify(aggregatedDiscovery(chosen, aggregated)), type);
  }
  const address = exchange.request.headers.host ?? '';
  await answerValue(exchange, 200, inCore ? coreVersions(address) : groupList(groups));
}

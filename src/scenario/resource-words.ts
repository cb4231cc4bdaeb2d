/** Resources by the words people type: `pod`, `pods`, `Pod`, `svc`. */
import { nearMiss } from '../lab/near-miss.ts';
import type { ResourceType } from '../objects/resource.ts';
import * as resources from '../objects/resource.ts';

const SHORT: Readonly<Record<string, string>> = {
  po: 'pods',
  svc: 'services',
  deploy: 'deployments',
  rs: 'replicasets',
  ep: 'endpoints',
  ns: 'namespaces',
  no: 'nodes',
  cm: 'configmaps',
  rc: 'replicationcontrollers',
  sts: 'statefulsets',
  ds: 'daemonsets',
  ev: 'events',
};
const TYPES: readonly ResourceType[] = Object.values(resources).filter(
  (value): value is ResourceType => typeof value === 'object' && 'plural' in value,
);

/** The resource of `pod`, `pods`, `Pod` or `po`; throws when there is none. */
export function resourceNamed(word: string): ResourceType {
  const lower = word.toLowerCase();
  const plural = SHORT[lower] ?? lower;
  const found = TYPES.find((type) => type.plural === plural || type.kind.toLowerCase() === plural);
  if (found !== undefined) return found;
  const meant = nearMiss(
    lower,
    TYPES.flatMap(({ kind, plural }) => (/^[A-Z]/.test(word) ? kind : plural)),
  );
  throw new Error(`no resource is called "${word}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`);
}

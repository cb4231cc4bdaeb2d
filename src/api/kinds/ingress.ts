/** Ingress: HTTP from outside, by host and path. */
import { INGRESS_CLASSES, INGRESSES } from '../../objects/resource.ts';
import type { Ingress } from '../../objects/wire.ts';
import type { RequestContext, ResourceDefinition } from '../resource-definition.ts';
import { CLASS_ANNOTATION, validateIngress, validateIngressCreate } from '../validation/ingress.ts';
import { AGE, ageOf, column, loadBalancerAddresses, NAME, nameOf } from './columns.ts';
import { specAndStatus } from './generation.ts';

const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';
/** Hosts shown in a table. */
const MOST_HOSTS = 3;

const strategy = specAndStatus<Ingress>({ loadBalancer: {} });

export const ingress: ResourceDefinition<Ingress> = {
  type: INGRESSES,
  singular: 'ingress',
  shortNames: ['ing'],
  categories: [],
  schema: 'io.k8s.api.networking.v1.Ingress',
  subresources: ['status'],
  strategy: {
    ...strategy,
    prepareForCreate(object, context) {
      strategy.prepareForCreate(object, context);
      object.spec ??= {};
      const annotated = object.metadata?.annotations?.[CLASS_ANNOTATION] !== undefined;
      if (annotated) {
        context.warn(`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`);
      } else if (object.spec.ingressClassName === undefined) {
        const name = defaultClass(context);
        if (name !== undefined) object.spec.ingressClassName = name;
      }
    },
    validate: validateIngress,
    validateCreate: validateIngressCreate,
  },
  table: {
    columns: [
      NAME,
      column('Class', 'The IngressClass that serves it.'),
      column('Hosts', 'Hosts of its rules.'),
      column('Address', 'Where it is served.'),
      column('Ports', 'Ports it is served on.'),
      AGE,
    ],
    cells: (object, now) => [
      nameOf(object),
      object.spec?.ingressClassName ?? '<none>',
      hosts(object),
      loadBalancerAddresses(object.status?.loadBalancer),
      (object.spec?.tls ?? []).length > 0 ? '80, 443' : '80',
      ageOf(object, now),
    ],
  },
};

/** The newest of the classes marked as default; of two of one second, the first by name. */
function defaultClass(context: RequestContext): string | undefined {
  const marked = context
    .list(INGRESS_CLASSES)
    .filter(({ metadata }) => metadata?.annotations?.[DEFAULT_CLASS] === 'true');
  const born = ({ metadata }: (typeof marked)[number]) => metadata?.creationTimestamp ?? '';
  const [newest] = marked.sort((a, b) =>
    born(a) === born(b) ? (nameOf(a) < nameOf(b) ? -1 : 1) : born(a) < born(b) ? 1 : -1,
  );
  return newest === undefined ? undefined : nameOf(newest);
}

/** `a.example,b.example,c.example + 1 more...`; `*` for rules of any host. */
function hosts({ spec }: Ingress): string {
  const rules = spec?.rules ?? [];
  const named = rules.map(({ host }, index) => ({ host, index })).filter(({ host }) => host);
  if (named.length === 0) return '*';
  const shown = named.slice(0, MOST_HOSTS);
  const last = shown[MOST_HOSTS - 1];
  const list = shown.map(({ host }) => host).join(',');
  return last !== undefined && last.index < rules.length - 1 ? `${list} + ${rules.length - MOST_HOSTS} more...` : list;
}

/** IngressClass: which controller serves an Ingress. */
import { INGRESS_CLASSES } from '../../objects/resource.ts';
import type { IngressClass } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateIngressClass, validateIngressClassUpdate } from '../validation/ingress-class.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';
import { specAndStatus } from './generation.ts';

export const ingressClass: ResourceDefinition<IngressClass> = {
  type: INGRESS_CLASSES,
  singular: 'ingressclass',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.networking.v1.IngressClass',
  subresources: [],
  strategy: {
    ...specAndStatus<IngressClass>(undefined),
    setDefaults({ spec }) {
      if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
    },
    validate: validateIngressClass,
    validateUpdate: validateIngressClassUpdate,
  },
  table: {
    columns: [
      NAME,
      column('Controller', 'The controller that serves Ingresses of the class.'),
      column('Parameters', 'An object with more of its configuration.'),
      AGE,
    ],
    cells: (object, now) => [nameOf(object), object.spec?.controller ?? '', parameters(object), ageOf(object, now)],
  },
};

/** `IngressParameters.example.com/external`. */
function parameters({ spec }: IngressClass): string {
  if (spec?.parameters === undefined) return '<none>';
  const { apiGroup, kind, name } = spec.parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}

/** Namespace: what every namespace is born with, and how it goes (its finalizer is the namespace controller's). */
import { NAMESPACES } from '../../objects/resource.ts';
import type { ConfigMap, Namespace, ServiceAccount } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';
import { keepMetadata } from './generation.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

const CA_DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

function labelWithName(object: Namespace): void {
  const name = nameOf(object);
  if (name === '' || object.metadata === undefined) return;
  object.metadata.labels = { ...object.metadata.labels, [NAME_LABEL]: name };
}

/** The kind; `certificateAuthority` is the PEM text pods find in their namespace. */
export function namespace(certificateAuthority: string): ResourceDefinition<Namespace> {
  return {
    type: NAMESPACES,
    singular: 'namespace',
    shortNames: ['ns'],
    categories: [],
    schema: 'io.k8s.api.core.v1.Namespace',
    subresources: ['status', 'finalize'],
    strategy: {
      setDefaults: labelWithName,
      canonicalize: labelWithName,
      prepareForCreate(object) {
        const finalizers = object.spec?.finalizers ?? [];
        object.spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] };
        object.status = { phase: 'Active' };
      },
      prepareForUpdate(object, previous) {
        object.spec = { ...previous.spec };
        object.status = { ...previous.status };
      },
      prepareForStatusUpdate(object, previous) {
        object.spec = { ...previous.spec };
        keepMetadata(object, previous);
      },
      selectableFields: { 'status.phase': (object) => object.status?.phase ?? '' },
      afterCreate(object): (ServiceAccount | ConfigMap)[] {
        const within = nameOf(object);
        return [
          { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: within } },
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: {
              name: 'kube-root-ca.crt',
              namespace: within,
              annotations: { 'kubernetes.io/description': CA_DESCRIPTION },
            },
            data: { 'ca.crt': certificateAuthority },
          },
        ];
      },
    },
    table: {
      columns: [NAME, column('Status', 'Active or Terminating.'), AGE],
      cells: (object, now) => [nameOf(object), object.status?.phase ?? '', ageOf(object, now)],
    },
  };
}

/** A small API of two kinds, so that the server's core is tested without the registry. */

import type { ApiCore } from '../../src/api/api-core.ts';
import { ServiceAccountTokens } from '../../src/api/auth/service-account-tokens.ts';
import { DefinitionIndex } from '../../src/api/definition-index.ts';
import { InProcessTransport } from '../../src/api/in-process-transport.ts';
import { copyJson } from '../../src/api/json.ts';
import type { ResourceDefinition } from '../../src/api/resource-definition.ts';
import { Store, type StoreOptions } from '../../src/api/store/store.ts';
import { NAMESPACES, PODS } from '../../src/objects/resource.ts';
import type { ApiObject, Namespace, Pod } from '../../src/objects/wire.ts';

const namespaces: ResourceDefinition<Namespace> = {
  type: NAMESPACES,
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  schema: 'io.k8s.api.core.v1.Namespace',
  subresources: ['status', 'finalize'],
  strategy: {
    prepareForCreate(namespace) {
      namespace.spec = { finalizers: ['kubernetes'] };
      namespace.status = { phase: 'Active' };
    },
  },
  table: {
    columns: [{ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }],
    cells: (namespace) => [namespace.metadata?.name ?? ''],
  },
};

const pods: ResourceDefinition<Pod> = {
  type: PODS,
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.Pod',
  subresources: ['status', 'binding', 'log', 'exec', 'attach'],
  strategy: {
    prepareForCreate(pod) {
      pod.status = { phase: 'Pending' };
      pod.metadata!.generation = 1;
    },
    prepareForUpdate(pod, previous) {
      pod.status = previous.status!;
    },
    prepareForStatusUpdate(pod, previous) {
      pod.spec = previous.spec!;
      pod.metadata = previous.metadata!;
    },
    validate: (pod) =>
      (pod.spec?.containers ?? []).length > 0
        ? []
        : [{ type: 'FieldValueRequired', field: 'spec.containers', message: 'Required value' }],
    selectableFields: { 'spec.nodeName': (pod) => pod.spec?.nodeName ?? '' },
    defaultGracePeriodSeconds: (pod) => (pod.spec?.nodeName ? 30 : 0),
  },
  table: {
    columns: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      { name: 'Node', type: 'string', description: '', priority: 1 },
    ],
    cells: (pod) => [pod.metadata?.name ?? '', pod.spec?.nodeName ?? '<none>'],
  },
};

/** A merge patch is enough here; the real patches have tests of their own. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null ? { ...(target as Record<string, unknown>) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete base[key];
    else base[key] = mergePatch(base[key], value);
  }
  return base;
}

export function testCore(options: StoreOptions = {}): ApiCore {
  const store = new Store({ freeze: true, ...options });
  return {
    store,
    serviceAccountTokens: new ServiceAccountTokens(() => undefined),
    definitions: new DefinitionIndex([namespaces, pods] as unknown as ResourceDefinition[]),
    applyPatch: (_type, object, patch) => mergePatch(copyJson(object), patch) as ApiObject,
  };
}

/** A core with the namespace `default`, and a transport to it. */
export async function testApi(options: StoreOptions = {}): Promise<{ core: ApiCore; transport: InProcessTransport }> {
  const core = testCore(options);
  const transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } } as Namespace);
  return { core, transport };
}

export function pod(name: string, fields: { labels?: Record<string, string>; node?: string } = {}): Pod {
  return {
    metadata: { name, namespace: 'default', ...(fields.labels === undefined ? {} : { labels: fields.labels }) },
    spec: {
      containers: [{ name: 'main', image: 'nginx' }],
      ...(fields.node === undefined ? {} : { nodeName: fields.node }),
    },
  } as Pod;
}

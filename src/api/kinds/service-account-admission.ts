/**
 * What Kubernetes' ServiceAccount admission does to a new pod: its account must exist, and unless pod or account say no, every
 * container gets the account's token, the cluster's certificate and its namespace at the known place.
 */
import { SERVICE_ACCOUNTS } from '../../objects/resource.ts';
import type { Container, Pod, PodSpec } from '../../objects/wire.ts';
import { generateName } from '../operations/generate-name.ts';
import type { RequestContext } from '../resource-definition.ts';
import { forbidden } from '../status-error.ts';

export const TOKEN_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Kubernetes' odd hour: seven seconds more, to tell its own requests from others'. */
const TOKEN_SECONDS = 3_607;
const MODE = 0o644;

type Volume = NonNullable<PodSpec['volumes']>[number];

/** Admits a pod, in place. Throws Forbidden when its service account does not exist. */
export function admitServiceAccount(pod: Pod, context: RequestContext): void {
  const { spec } = pod;
  if (spec === undefined) return;
  const { name = '', namespace = 'default' } = pod.metadata ?? {};
  const accountName = spec.serviceAccountName ?? 'default';
  const account = context.get(SERVICE_ACCOUNTS, namespace, accountName);
  if (account === undefined) {
    const why = `error looking up service account ${namespace}/${accountName}: serviceaccount "${accountName}" not found`;
    throw forbidden({ group: '', plural: 'pods' }, name, why);
  }
  if (account.imagePullSecrets !== undefined) spec.imagePullSecrets ??= account.imagePullSecrets;
  if (!(spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)) return;
  const lacking = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(
    (container) => !hasToken(container),
  );
  if (lacking.length === 0) return;
  const volume = tokenVolume();
  spec.volumes = [...(spec.volumes ?? []), volume];
  const mount = { name: volume.name, mountPath: TOKEN_DIRECTORY, readOnly: true };
  for (const container of lacking) container.volumeMounts = [...(container.volumeMounts ?? []), mount];
}

function hasToken({ volumeMounts }: Container): boolean {
  return volumeMounts?.some(({ mountPath }) => mountPath === TOKEN_DIRECTORY) === true;
}

function tokenVolume(): Volume {
  return {
    name: generateName('kube-api-access-'),
    projected: {
      defaultMode: MODE,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}

/**
 * How a lab's API is known to its clients: where it listens, its certificates and tokens. Made once and kept beside the
 * kubeconfig (0600), so that a daemon that takes over the lab is to every client the one they knew.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createSigningKey } from '../api/auth/service-account-tokens.ts';
import type { TokenGrant } from '../api/auth/tokens.ts';
import { createServingCertificate, type ServingCertificate } from '../api/tls/certificates.ts';
import { controlPlane } from './cluster-objects.ts';
import type { LabPlan } from './plan-lab.ts';

/** Who calls the API, with the name and groups Kubernetes knows such a caller by. */
const USERS = {
  admin: { username: 'kubernetes-admin', groups: ['system:masters'] },
  kubelet: { username: 'system:node', groups: ['system:nodes'] },
  'kube-proxy': { username: 'system:kube-proxy', groups: [] },
  flannel: {
    username: 'system:serviceaccount:kube-flannel:flannel',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-flannel'],
  },
} as const;

export type LabUser = keyof typeof USERS;

export interface ApiAddress {
  readonly host: string;
  readonly port: number;
}

export interface LabIdentity {
  /** Where the host reaches the API: on its loopback, or at the address it was told to listen on. */
  readonly apiAddress: ApiAddress;
  readonly certificates: ServingCertificate;
  readonly tokens: Readonly<Record<LabUser, string>>;
  /** PEM of the key that signs the tokens of service accounts. */
  readonly serviceAccountKey: string;
}

/** New certificates and tokens. */
export function createIdentity(plan: LabPlan, apiAddress: ApiAddress): LabIdentity {
  const { name, ips } = controlPlane(plan);
  const names = [
    ...(apiAddress.host === '127.0.0.1' ? [] : [apiAddress.host]),
    name,
    ...ips,
    plan.apiServiceIp,
    `kubernetes.default.svc.${plan.dnsDomain}`,
  ];
  const token = () => randomBytes(32).toString('base64url');
  return {
    apiAddress,
    certificates: createServingCertificate(names),
    tokens: { admin: token(), kubelet: token(), 'kube-proxy': token(), flannel: token() },
    serviceAccountKey: createSigningKey(),
  };
}

/** What the API server is to grant. */
export function grantsOf({ tokens }: LabIdentity): TokenGrant[] {
  return (Object.keys(USERS) as LabUser[]).map((user) => ({ token: tokens[user], user: USERS[user] }));
}

/** Reads the identity that `writeIdentity` wrote; throws when there is none or it is none. */
export function readIdentity(path: string): LabIdentity {
  return JSON.parse(readFileSync(path, 'utf8')) as LabIdentity;
}

/** Writes it so that a reader finds the old or the new one, never half of one. */
export function writeIdentity(path: string, identity: LabIdentity): void {
  writeFileSync(`${path}.new`, JSON.stringify(identity), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

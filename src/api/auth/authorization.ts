/**
 * Who may do what. The lab's administrator and its own components may do everything; a service account of a system
 * namespace, too. Anybody else (the other service accounts, which is what pods run as, and whom the administrator
 * impersonates) may do what Kubernetes grants before a role is bound: read discovery, ask who one is and what one may do. Pure.
 */
import type { User } from './tokens.ts';

const ADMINISTRATORS = 'system:masters';
const SERVICE_ACCOUNTS = 'system:serviceaccounts';
const TRUSTED_NAMESPACES = ['kube-system', 'kube-flannel', 'ingress-haproxy'];
/** Reviews about oneself, which `system:basic-user` grants everybody. */
const SELF_REVIEWS = new Set([
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authentication.k8s.io/selfsubjectreviews',
]);

export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** True when the user may do everything. */
export function mayDoEverything({ username, groups }: Pick<User, 'username' | 'groups'>): boolean {
  if (groups.includes(ADMINISTRATORS)) return true;
  // Components: `system:kube-proxy`. The prefix is nobody else's.
  if (/^system:(?!serviceaccount:|anonymous$)/.test(username)) return true;
  return TRUSTED_NAMESPACES.some((namespace) => groups.includes(`${SERVICE_ACCOUNTS}:${namespace}`));
}

/** True when the user may do this with a resource. */
export function mayAccess(
  user: Pick<User, 'username' | 'groups'>,
  { verb, group, resource }: ResourceAttributes,
): boolean {
  return mayDoEverything(user) || (verb === 'create' && SELF_REVIEWS.has(`${group}/${resource}`));
}

/** The refusal in Kubernetes' words, without what it is about. */
export function refusalOf({ username }: User, { verb, group, resource, namespace }: ResourceAttributes): string {
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `User "${username}" cannot ${verb} resource "${resource}" in API group "${group}" ${scope}`;
}

/** The verb of a request that is no watch, as rules name it. */
export function verbOf(method: string, named: boolean): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return named ? 'get' : 'list';
  }
}

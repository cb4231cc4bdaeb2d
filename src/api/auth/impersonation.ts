/**
 * Impersonation: a user who may do everything acts as another, as the `Impersonate-…` headers say (`kubectl --as`). Pure. Source:
 * kube-apiserver's filters/impersonation and Kubernetes' documentation of user impersonation.
 */
import { badRequest, statusError } from '../status-error.ts';
import { mayDoEverything, refusalOf } from './authorization.ts';
import type { User } from './tokens.ts';

/** Each header's values by its name in lower case, as Node's `headersDistinct`. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>;

const PREFIX = 'impersonate-';
const EXTRA = `${PREFIX}extra-`;
const ANONYMOUS_NAME = 'system:anonymous';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

/** True for the headers that are meant for the API server alone. */
export function isImpersonation(header: string): boolean {
  return header.toLowerCase().startsWith(PREFIX);
}

/** Whom the request is made as: the user who asks, unless the headers name another. Throws Forbidden, BadRequest. */
export function actingUser(user: User, headers: Headers): User {
  const [username = ''] = headers['impersonate-user'] ?? [];
  const given = Object.keys(headers).filter(isImpersonation);
  if (username === '') {
    if (given.length === 0) return user;
    throw badRequest(`requested [${given.join(' ')}] without impersonating a user`);
  }
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  if (!mayDoEverything(user)) throw refusal(user, username, namespace, account);
  const [uid] = headers['impersonate-uid'] ?? [];
  const asked = headers['impersonate-group'] ?? [];
  const groups =
    asked.length === 0 && namespace !== undefined
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : [...asked];
  const standing = username === ANONYMOUS_NAME ? UNAUTHENTICATED : AUTHENTICATED;
  if (!groups.includes(AUTHENTICATED) && !groups.includes(UNAUTHENTICATED)) groups.push(standing);
  const extra = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(EXTRA))
      .map(([name, values = []]) => [unescaped(name.slice(EXTRA.length)), values]),
  );
  return {
    username,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** Keys may hold what a header's name may not: it is percent-encoded then. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key; // as Kubernetes: a broken escape stands for itself
  }
}

function refusal(user: User, username: string, namespace: string | undefined, account = username) {
  const resource = namespace === undefined ? 'users' : 'serviceaccounts';
  const why = refusalOf(user, { verb: 'impersonate', group: '', resource, namespace, name: account });
  return statusError(403, 'Forbidden', `${resource} "${account}" is forbidden: ${why}`, {
    name: account,
    kind: resource,
  });
}

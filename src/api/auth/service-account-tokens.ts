/**
 * Tokens of service accounts: issued for an audience and a time, bound to what they were asked for (a pod, a secret, a node),
 * and good only as long as account and bound object are there. Claims are named as Kubernetes names them.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { NODES, PODS, type ResourceType, SECRETS, SERVICE_ACCOUNTS } from '../../objects/resource.ts';
import type { ApiObject, Pod } from '../../objects/wire.ts';
import { type Claims, keyIdOf, readToken, signToken } from './json-web-token.ts';
import type { User } from './tokens.ts';

export const API_AUDIENCE = 'https://kubernetes.default.svc.cluster.local';

/** What tokens may be bound to, by kind. */
export const BINDABLE: Readonly<Record<string, ResourceType>> = { Pod: PODS, Secret: SECRETS, Node: NODES };

/** Seconds a token outlives its pod's deletion, so that a pod can say goodbye. */
const LEAVING_SECONDS = 60;

interface Named {
  readonly name: string;
  readonly uid: string;
}

/** The private claim: `kubernetes.io`. */
interface Binding {
  readonly namespace: string;
  readonly serviceaccount: Named;
  readonly pod?: Named;
  readonly secret?: Named;
  readonly node?: Named;
}

export interface TokenOrder {
  readonly namespace: string;
  readonly serviceAccount: ApiObject;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly bound?: { readonly kind: string; readonly object: ApiObject };
}

export type FindObject = (type: ResourceType, namespace: string, name: string) => ApiObject | undefined;

export class ServiceAccountTokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  readonly #find: FindObject;

  /** `key`: PEM of a P-256 private key, kept with the lab so that tokens outlive the server; absent: a new one. */
  constructor(find: FindObject, key: string = createSigningKey()) {
    this.#find = find;
    this.#privateKey = createPrivateKey(key);
    this.#publicKey = createPublicKey(this.#privateKey);
    this.#keyId = keyIdOf(this.#publicKey);
  }

  /** A new token and the second (since the epoch) it ends with. */
  issue({ namespace, serviceAccount, audiences, expirationSeconds, bound }: TokenOrder): {
    readonly token: string;
    readonly expires: number;
  } {
    const now = Math.floor(Date.now() / 1000);
    const expires = now + expirationSeconds;
    const name = serviceAccount.metadata?.name ?? '';
    const claims = {
      ...{ aud: audiences, exp: expires, iat: now, iss: API_AUDIENCE, jti: randomUUID() },
      'kubernetes.io': { namespace, ...this.#boundClaims(bound), serviceaccount: namedOf(serviceAccount) },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    };
    return { token: signToken(claims, this.#privateKey, this.#keyId), expires };
  }

  /** Who the token belongs to; undefined when it is none of ours, is not for these audiences, or holds no longer. */
  identify(
    token: string,
    audiences: readonly string[] = [API_AUDIENCE],
  ): (User & { readonly audiences: readonly string[] }) | undefined {
    const claims = readToken(token, this.#publicKey);
    if (claims === undefined || claims.iss !== API_AUDIENCE || !isCurrent(claims)) return undefined;
    const meant = audiences.filter((audience) => (claims.aud as readonly string[]).includes(audience));
    const binding = claims['kubernetes.io'] as Binding;
    if (meant.length === 0 || !this.#holds(binding)) return undefined;
    const { namespace, serviceaccount, pod, node } = binding;
    return {
      username: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
      uid: serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${String(claims.jti)}`],
        ...extraOf('pod', pod),
        ...extraOf('node', node),
      },
      audiences: meant,
    };
  }

  #boundClaims(bound: TokenOrder['bound']): Partial<Binding> {
    if (bound === undefined) return {};
    const claim = { [bound.kind.toLowerCase()]: namedOf(bound.object) };
    const nodeName = bound.kind === 'Pod' ? ((bound.object as Pod).spec?.nodeName ?? '') : '';
    const node = nodeName === '' ? undefined : this.#find(NODES, '', nodeName);
    return { ...(node === undefined ? {} : { node: namedOf(node) }), ...claim };
  }

  /** The account and the bound object are those of the token, not others of the same name. */
  #holds({ namespace, serviceaccount, pod, secret, node }: Binding): boolean {
    const stands = (type: ResourceType, within: string, named: Named | undefined): boolean =>
      named === undefined || isAlive(this.#find(type, within, named.name), named.uid);
    return (
      stands(SERVICE_ACCOUNTS, namespace, serviceaccount) &&
      stands(PODS, namespace, pod) &&
      stands(SECRETS, namespace, secret) &&
      // The node of a pod's token is told, not asked for.
      (pod !== undefined || stands(NODES, '', node))
    );
  }
}

/** PEM of a new private key. */
export function createSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function isCurrent({ exp, nbf }: Claims): boolean {
  const now = Date.now() / 1000;
  return typeof exp === 'number' && typeof nbf === 'number' && now < exp && now >= nbf - 1;
}

function isAlive(object: ApiObject | undefined, uid: string): boolean {
  if (object?.metadata?.uid !== uid) return false;
  const { deletionTimestamp } = object.metadata;
  return deletionTimestamp === undefined || Date.parse(deletionTimestamp) + LEAVING_SECONDS * 1000 > Date.now();
}

function namedOf({ metadata }: ApiObject): Named {
  return { name: metadata?.name ?? '', uid: metadata?.uid ?? '' };
}

function extraOf(what: string, named: Named | undefined): Record<string, string[]> {
  if (named === undefined) return {};
  return {
    [`authentication.kubernetes.io/${what}-name`]: [named.name],
    [`authentication.kubernetes.io/${what}-uid`]: [named.uid],
  };
}

/** Tokens for a pod's projected volumes: asked of the API, bound to the pod. */
import { type ResourceType, SERVICE_ACCOUNTS } from '../../objects/resource.ts';
import type { Transport } from '../../objects/transport.ts';
import type { ApiObject, Pod } from '../../objects/wire.ts';

export interface PodToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** A token of the pod's service account for this audience (empty: the API's own) and time. */
export type TokenSource = (pod: Pod, audience: string, expirationSeconds: number) => Promise<PodToken>;

interface TokenRequest extends ApiObject {
  readonly spec: object;
  readonly status?: { readonly token: string; readonly expirationTimestamp: string };
}

/** Asks the API for each token. */
export function apiTokenSource(transport: Transport): TokenSource {
  return async ({ metadata, spec }, audience, expirationSeconds) => {
    const { name = '', namespace = 'default', uid = '' } = metadata ?? {};
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { namespace, name: spec?.serviceAccountName ?? 'default' },
      spec: {
        ...(audience === '' ? {} : { audiences: [audience] }),
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const type = SERVICE_ACCOUNTS as ResourceType as ResourceType<TokenRequest>;
    const { status } = await transport.create(type, request, { subresource: 'token' });
    if (status === undefined) throw new Error('the API answered a TokenRequest without a token');
    return { token: status.token, expires: Date.parse(status.expirationTimestamp) };
  };
}

/** When a token is to be renewed: after four fifths of its life, and in any case after a day. Milliseconds from now. */
export function renewAfterMs(expires: number, now: number): number {
  const DAY_MS = 24 * 3_600_000;
  return Math.max(Math.min((expires - now) * 0.8, DAY_MS), 1_000);
}

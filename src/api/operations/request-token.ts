/** The `token` subresource of ServiceAccounts: a token for an account, bound to a pod when it is asked for one. */
import { timestamp } from '../../objects/timestamp.ts';
import type { ApiObject, Pod } from '../../objects/wire.ts';
import type { ApiCore } from '../api-core.ts';
import { API_AUDIENCE, BINDABLE } from '../auth/service-account-tokens.ts';
import type { FieldError } from '../field-error.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest, conflict, invalid, notFound } from '../status-error.ts';
import { getObject } from './read.ts';

export interface TokenRequest extends ApiObject {
  readonly spec?: {
    readonly audiences?: readonly string[];
    readonly expirationSeconds?: number;
    readonly boundObjectRef?: {
      readonly apiVersion?: string;
      readonly kind?: string;
      readonly name?: string;
      readonly uid?: string;
    };
  };
  readonly status?: { readonly token: string; readonly expirationTimestamp: string };
}

const DEFAULT_SECONDS = 3_600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;

/** Answers the request with its status filled in. Throws NotFound, Invalid, Conflict. */
export function requestToken(
  core: ApiCore,
  definition: ResourceDefinition,
  key: { readonly namespace: string; readonly name: string },
  request: TokenRequest,
): TokenRequest {
  const serviceAccount = getObject(core, definition, key.namespace, key.name).object;
  const { audiences = [], expirationSeconds = DEFAULT_SECONDS, boundObjectRef } = request.spec ?? {};
  const errors = expirationErrors(expirationSeconds);
  if (errors.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', errors);
  const order = {
    namespace: key.namespace,
    serviceAccount,
    audiences: audiences.length === 0 ? [API_AUDIENCE] : audiences,
    expirationSeconds,
  };
  const bound = boundObjectRef === undefined ? undefined : findBound(core, key, boundObjectRef);
  const { token, expires } = core.serviceAccountTokens.issue(bound === undefined ? order : { ...order, bound });
  return {
    ...request,
    metadata: { ...request.metadata, ...key, creationTimestamp: timestamp() },
    spec: { ...request.spec, audiences: order.audiences, expirationSeconds },
    status: { token, expirationTimestamp: timestamp(expires * 1000) },
  };
}

function expirationErrors(seconds: number): FieldError[] {
  const field = 'spec.expirationSeconds';
  const refuse = (why: string): FieldError[] => [
    { type: 'FieldValueInvalid', field, message: `Invalid value: ${seconds}: ${why}` },
  ];
  if (seconds < LEAST_SECONDS) return refuse('may not specify a duration less than 10 minutes');
  return seconds > MOST_SECONDS ? refuse('may not specify a duration larger than 2^32 seconds') : [];
}

type Reference = NonNullable<NonNullable<TokenRequest['spec']>['boundObjectRef']>;

function findBound(core: ApiCore, key: { namespace: string; name: string }, reference: Reference) {
  const { kind = '', name = '', uid = '' } = reference;
  const type = BINDABLE[kind];
  if (type === undefined || (reference.apiVersion ?? 'v1') !== 'v1') {
    throw badRequest(`cannot bind token to object of type ${reference.apiVersion ?? 'v1'}, Kind=${kind}`);
  }
  const object = core.store.collection(type).get(type.namespaced ? key.namespace : '', name)?.object;
  if (object === undefined) throw notFound(type, name);
  if (kind === 'Pod' && (object as Pod).spec?.serviceAccountName !== key.name) {
    throw badRequest(
      `cannot bind token for serviceaccount "${key.name}" to pod running with different serviceaccount name.`,
    );
  }
  if (uid !== '' && uid !== object.metadata?.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict(type, name, why);
  }
  return { kind, object };
}

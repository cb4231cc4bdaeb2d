/** The virtual resources that only answer: who am I, whose token is this, what may I or another do. */
import type { ApiObject } from '../objects/wire.ts';
import type { ApiCore } from './api-core.ts';
import { mayAccess, mayDoEverything } from './auth/authorization.ts';
import { API_AUDIENCE } from './auth/service-account-tokens.ts';
import type { Authenticator, User } from './auth/tokens.ts';

/** What an answer may go by. */
export interface ReviewContext {
  /** Who asks. */
  readonly user: User;
  readonly core: ApiCore;
  readonly authenticate: Authenticator;
}

export interface Review {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly schema: string;
  /** The status of the answer. */
  answer(context: ReviewContext, asked: ApiObject): object;
}

interface AccessReview extends ApiObject {
  readonly spec?: {
    readonly user?: string;
    readonly groups?: readonly string[];
    readonly resourceAttributes?: {
      readonly verb?: string;
      readonly group?: string;
      readonly resource?: string;
      readonly subresource?: string;
      readonly namespace?: string;
      readonly name?: string;
    };
  };
}

interface TokenReview extends ApiObject {
  readonly spec?: { readonly token?: string; readonly audiences?: readonly string[] };
}

const EVERYTHING = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
};

/** What every authenticated user may do: `system:basic-user` and `system:discovery`. */
const BASIC = {
  resourceRules: [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ],
  nonResourceRules: [
    {
      verbs: ['get'],
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
      ],
    },
    { verbs: ['get'], nonResourceURLs: ['/version', '/version/'] },
  ],
  incomplete: false,
};

function authorization(kind: string, answer: Review['answer']): Review {
  const schema = `io.k8s.api.authorization.v1.${kind}`;
  return { group: 'authorization.k8s.io', version: 'v1', kind, plural: `${kind.toLowerCase()}s`, schema, answer };
}

function authentication(kind: string, answer: Review['answer']): Review {
  const schema = `io.k8s.api.authentication.v1.${kind}`;
  return { group: 'authentication.k8s.io', version: 'v1', kind, plural: `${kind.toLowerCase()}s`, schema, answer };
}

function accessOf(user: User, { spec }: AccessReview): object {
  const { verb = '', group = '', resource = '', subresource, namespace, name } = spec?.resourceAttributes ?? {};
  // Paths that are no resource's are discovery, which is everybody's.
  const attributes = {
    ...{ verb, group, name },
    resource: subresource === undefined || subresource === '' ? resource : `${resource}/${subresource}`,
    namespace: namespace === '' ? undefined : namespace,
  };
  if (mayDoEverything(user)) return { allowed: true, reason: 'this user may do everything' };
  if (spec?.resourceAttributes === undefined || mayAccess(user, attributes)) return { allowed: true };
  // Without a reason, as where no rule allows it.
  return { allowed: false };
}

function infoOf({ username, uid, groups, extra }: User): object {
  return { username, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

function reviewToken({ core, authenticate }: ReviewContext, { spec }: TokenReview): object {
  const { token = '', audiences = [] } = spec ?? {};
  const meant = audiences.length === 0 ? [API_AUDIENCE] : audiences;
  const byAccount = core.serviceAccountTokens.identify(token, meant);
  if (byAccount !== undefined) return { authenticated: true, user: infoOf(byAccount), audiences: byAccount.audiences };
  const user = meant.includes(API_AUDIENCE) ? authenticate(token) : undefined;
  if (user !== undefined) return { authenticated: true, user: infoOf(user), audiences: [API_AUDIENCE] };
  return { user: {}, error: '[invalid bearer token, unknown]' };
}

/** A user somebody else asks about; service accounts are told by their name. */
function subjectOf({ spec }: AccessReview): User {
  const { user: username = '', groups = [] } = spec ?? {};
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(username) ?? [];
  if (namespace === undefined) return { username, groups };
  return { username, groups: [...groups, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`] };
}

export const REVIEWS: readonly Review[] = [
  authorization('SelfSubjectAccessReview', ({ user }, asked) => accessOf(user, asked as AccessReview)),
  authorization('SubjectAccessReview', (_context, asked) =>
    accessOf(subjectOf(asked as AccessReview), asked as AccessReview),
  ),
  authorization('SelfSubjectRulesReview', ({ user }) => (mayDoEverything(user) ? EVERYTHING : BASIC)),
  authentication('SelfSubjectReview', ({ user }) => ({ userInfo: infoOf(user) })),
  authentication('TokenReview', (context, asked) => reviewToken(context, asked as TokenReview)),
];

/** The review a path names; undefined when there is none. */
export function findReview(group: string, version: string, plural: string): Review | undefined {
  return REVIEWS.find((review) => review.group === group && review.version === version && review.plural === plural);
}

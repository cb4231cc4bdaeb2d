/**
 * The virtual resources that only answer: who am I, what may I do. This API has no roles: whoever has a token may do
 * everything, and these say so.
 */
import type { User } from './auth/tokens.ts';

export interface Review {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly schema: string;
  /** The status of the answer. */
  answer(user: User): object;
}

const EVERYTHING = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
};

const allowed = () => ({ allowed: true, reason: 'every user of this API may do everything' });

function authorization(kind: string, answer: (user: User) => object): Review {
  const schema = `io.k8s.api.authorization.v1.${kind}`;
  return { group: 'authorization.k8s.io', version: 'v1', kind, plural: `${kind.toLowerCase()}s`, schema, answer };
}

export const REVIEWS: readonly Review[] = [
  authorization('SelfSubjectAccessReview', allowed),
  authorization('SubjectAccessReview', allowed),
  authorization('SelfSubjectRulesReview', () => EVERYTHING),
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    schema: 'io.k8s.api.authentication.v1.SelfSubjectReview',
    answer: ({ username, groups }) => ({ userInfo: { username, groups } }),
  },
];

/** The review a path names; undefined when there is none. */
export function findReview(group: string, version: string, plural: string): Review | undefined {
  return REVIEWS.find((review) => review.group === group && review.version === version && review.plural === plural);
}

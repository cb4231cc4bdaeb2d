/**
 * Who may ask a kubelet: the API server, by a token the two share, and whoever the API says may use `nodes/proxy` (TokenReview and
 * SubjectAccessReview, as with `--authentication-token-webhook` and `--authorization-mode=Webhook`). Answers of the API are kept for a moment.
 */
import { timingSafeEqual } from 'node:crypto';
import type { ResourceType } from '../../objects/resource.ts';
import type { Transport } from '../../objects/transport.ts';
import type { ApiObject } from '../../objects/wire.ts';

export type Verdict = 'allowed' | 'unauthorized' | 'forbidden';

interface Review extends ApiObject {
  readonly spec: object;
  readonly status?: {
    readonly authenticated?: boolean;
    readonly allowed?: boolean;
    readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
  };
}

/** As long as the kubelet keeps what it was allowed; what was refused it asks again sooner, and so do we. */
const KEPT_MS = { allowed: 120_000, refused: 10_000 };
const MOST_KEPT = 1_000;

const TOKEN_REVIEWS = reviews('authentication.k8s.io', 'TokenReview');
const ACCESS_REVIEWS = reviews('authorization.k8s.io', 'SubjectAccessReview');

export class KubeletAuthority {
  readonly #transport: Transport;
  readonly #node: string;
  readonly #shared: Buffer;
  readonly #kept = new Map<string, { readonly verdict: Promise<Verdict>; until: number }>();

  /** `shared`: the API server's own token. */
  constructor(transport: Transport, node: string, shared: string) {
    this.#transport = transport;
    this.#node = node;
    this.#shared = Buffer.from(shared);
  }

  /** Judges the `Authorization` header of a request. Rejects when the API does not answer. */
  judge(authorization: string | undefined): Promise<Verdict> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return Promise.resolve('unauthorized');
    const given = Buffer.from(token);
    if (given.length === this.#shared.length && timingSafeEqual(given, this.#shared)) return Promise.resolve('allowed');
    const kept = this.#kept.get(token);
    if (kept !== undefined && kept.until > Date.now()) return kept.verdict;
    return this.#ask(token);
  }

  #ask(token: string): Promise<Verdict> {
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    const entry = { verdict: this.#review(token), until: Date.now() + KEPT_MS.refused };
    this.#kept.set(token, entry);
    entry.verdict.then(
      (verdict) => {
        if (verdict === 'allowed') entry.until = Date.now() + KEPT_MS.allowed;
      },
      () => this.#kept.delete(token),
    );
    return entry.verdict;
  }

  async #review(token: string): Promise<Verdict> {
    const { status } = await this.#transport.create(TOKEN_REVIEWS, { spec: { token } });
    if (status?.authenticated !== true) return 'unauthorized';
    const { username = '', groups = [] } = status.user ?? {};
    const resourceAttributes = { verb: 'get', resource: 'nodes', subresource: 'proxy', name: this.#node };
    const spec = { user: username, groups, resourceAttributes };
    const access = await this.#transport.create(ACCESS_REVIEWS, { spec });
    return access.status?.allowed === true ? 'allowed' : 'forbidden';
  }
}

function reviews(group: string, kind: string): ResourceType<Review> {
  const plural = `${kind.toLowerCase()}s`;
  return { group, version: 'v1', kind, plural, namespaced: false } as ResourceType<Review>;
}

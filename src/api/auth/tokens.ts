/** Who a bearer token belongs to. Tokens are compared in constant time: an answer's delay tells nothing of them. */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface User {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface TokenGrant {
  readonly token: string;
  readonly user: User;
}

export const ANONYMOUS: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Finds the user a token belongs to; undefined when it is nobody's. */
export type Authenticator = (token: string) => User | undefined;

/** Knows the tokens that were given out by name. */
export function grantAuthenticator(grants: readonly TokenGrant[]): Authenticator {
  const known = grants.map(({ token, user }) => ({
    digest: digest(token),
    user: { ...user, groups: [...user.groups, 'system:authenticated'] },
  }));
  return (token) => {
    const given = digest(token);
    let found: User | undefined;
    // All are compared, whichever matches: digests of equal length, in constant time.
    for (const grant of known) if (timingSafeEqual(grant.digest, given)) found = grant.user;
    return found;
  };
}

/** The token of an `Authorization` header's value; undefined when it holds none. */
export function bearerToken(header: string): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(header)?.[1];
}

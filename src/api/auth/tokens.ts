/** Who a bearer token belongs to. Tokens are compared in constant time: an answer's delay tells nothing of them. */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

export interface TokenGrant {
  readonly token: string;
  readonly user: User;
}

export const ANONYMOUS: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Returns a function that finds the user of an `Authorization` header's value; undefined when there is none. */
export function bearerAuthenticator(grants: readonly TokenGrant[]): (header: string | undefined) => User | undefined {
  const known = grants.map(({ token, user }) => ({
    digest: digest(token),
    user: { ...user, groups: [...user.groups, 'system:authenticated'] },
  }));
  return (header) => {
    const match = /^Bearer\s+(\S+)\s*$/i.exec(header ?? '');
    if (match === null) return undefined;
    const given = digest(match[1]!);
    let found: User | undefined;
    // All are compared, whichever matches: digests of equal length, in constant time.
    for (const grant of known) if (timingSafeEqual(grant.digest, given)) found = grant.user;
    return found;
  };
}

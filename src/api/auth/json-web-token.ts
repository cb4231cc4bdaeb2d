/** JSON Web Tokens (RFC 7519) signed with ES256 (RFC 7518): the one algorithm this server issues and accepts. */
import { createHash, type KeyObject, sign, verify } from 'node:crypto';

export type Claims = Readonly<Record<string, unknown>>;

/** Longer than any token of ours; what is longer is not even parsed. */
const MOST_CHARACTERS = 8_192;
const ENCODING = 'ieee-p1363';

/** A signed token of these claims. The key is one of curve P-256. */
export function signToken(claims: Claims, key: KeyObject, keyId: string): string {
  const head = { alg: 'ES256', kid: keyId };
  const text = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: ENCODING });
  return `${text}.${signature.toString('base64url')}`;
}

/** The claims of a token with a good signature by this key; undefined for anything else. */
export function readToken(token: string, key: KeyObject): Claims | undefined {
  const [head = '', body = '', signature = '', ...more] = token.split('.');
  if (token.length > MOST_CHARACTERS || more.length > 0) return undefined;
  // The algorithm is ours to say, not the token's: one that names another is refused, not obeyed.
  if (parse(head)?.alg !== 'ES256') return undefined;
  const signed = Buffer.from(`${head}.${body}`);
  if (!verify('sha256', signed, { key, dsaEncoding: ENCODING }, Buffer.from(signature, 'base64url'))) return undefined;
  return parse(body);
}

/** The name of a public key: a hash of its encoding. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

function parse(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    return undefined; // what is no JSON is no token of ours
  }
}

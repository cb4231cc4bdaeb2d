/**
 * The lab's own certificate authority and the API server's serving certificate (RFC 5280): EC P-256, made anew for each
 * lab, in a few milliseconds.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { ipBytes, parseIp } from '../../net/ip.ts';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from './der.ts';

export interface ServingCertificate {
  /** PEM texts. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The names under which every Kubernetes API server is known within its cluster. */
export const SERVICE_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
] as const;

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const YEAR_MS = 365 * 24 * 3600 * 1000;
/** Clocks of clients may be behind ours. */
const BACKDATED_MS = 3600 * 1000;

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const COMMON_NAME = objectIdentifier('2.5.4.3');
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTHENTICATION = objectIdentifier('1.3.6.1.5.5.7.3.1');
/** digitalSignature and keyCertSign, bits 0 and 5, of which two bits do not count. */
const SIGNS_CERTIFICATES = bitString(Buffer.from([0x84]), 2);
/** digitalSignature alone. */
const SIGNS = bitString(Buffer.from([0x80]), 7);

interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/**
 * Makes an authority and a certificate signed by it, good for the loopback, the names of the `kubernetes` Service and
 * `names` (DNS names and IP addresses).
 */
export function createServingCertificate(names: readonly string[]): ServingCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authorityId = keyIdentifier(authority.publicKey);
  const ca = certificate({
    subject: 'kubernetes',
    issuer: 'kubernetes',
    publicKey: authority.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(boolean(true)), true),
      extension(KEY_USAGE, SIGNS_CERTIFICATES, true),
      extension(SUBJECT_KEY_IDENTIFIER, octetString(authorityId)),
    ],
  });
  const cert = certificate({
    subject: 'kube-apiserver',
    issuer: 'kubernetes',
    publicKey: server.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(), true),
      extension(KEY_USAGE, SIGNS, true),
      extension(EXTENDED_KEY_USAGE, sequence(SERVER_AUTHENTICATION)),
      extension(AUTHORITY_KEY_IDENTIFIER, sequence(implicit(0, authorityId))),
      extension(SUBJECT_ALTERNATIVE_NAME, alternativeNames([...LOOPBACK, ...SERVICE_NAMES, ...names])),
    ],
  });
  return { ca, cert, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** A certificate that vouches for itself, good for `names`; PEM texts. */
export function createOwnCertificate(
  subject: string,
  names: readonly string[],
): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    subject,
    issuer: subject,
    publicKey,
    signingKey: privateKey,
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(), true),
      extension(EXTENDED_KEY_USAGE, sequence(SERVER_AUTHENTICATION)),
      extension(SUBJECT_ALTERNATIVE_NAME, alternativeNames(names)),
    ],
  });
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** Builds and signs; PEM text. */
function certificate({ subject, issuer, publicKey, signingKey, extensions }: Certificate): string {
  const now = Date.now();
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer),
    sequence(utcTime(new Date(now - BACKDATED_MS)), utcTime(new Date(now + YEAR_MS))),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, signingKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(COMMON_NAME, utf8String(commonName))));
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** SHA-1 of the public key's bits, the first of the methods RFC 5280 names. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return createHash('sha1').update(point).digest();
}

function alternativeNames(names: readonly string[]): Buffer {
  return sequence(
    ...[...new Set(names)].map((name) =>
      isIP(name) === 0 ? implicit(2, Buffer.from(name)) : implicit(7, addressBytes(name)),
    ),
  );
}

/** Four or sixteen bytes. */
function addressBytes(text: string): Buffer {
  const ip = parseIp(text);
  if (ip === undefined) throw new RangeError(`not an IP address: ${text}`);
  return ipBytes(ip);
}

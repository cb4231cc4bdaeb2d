/**
 * The lab's own certificate authority and the API server's serving certificate: EC P-256, made anew for each lab. The
 * package is read when it is first needed; it wants reflect-metadata before it.
 */
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

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
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const YEAR_MS = 365 * 24 * 3600 * 1000;
/** Clocks of clients may be behind ours. */
const BACKDATED_MS = 3600 * 1000;

/**
 * Makes an authority and a certificate signed by it, good for the loopback, the names of the `kubernetes` Service and
 * `names` (DNS names and IP addresses).
 */
export async function createServingCertificate(names: readonly string[]): Promise<ServingCertificate> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const [caKeys, keys] = await Promise.all([generateKeys(), generateKeys()]);
  const validity = { notBefore: new Date(Date.now() - BACKDATED_MS), notAfter: new Date(Date.now() + YEAR_MS) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=kubernetes', keys: caKeys, signingAlgorithm: ALGORITHM, ...validity },
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const alternatives = [...new Set([...LOOPBACK, ...SERVICE_NAMES, ...names])].map((name) => ({
    type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const),
    value: name,
  }));
  const cert = await x509.X509CertificateGenerator.create({
    ...{ subject: 'CN=kube-apiserver', issuer: ca.subject, publicKey: keys.publicKey, signingKey: caKeys.privateKey },
    ...{ signingAlgorithm: ALGORITHM, ...validity },
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(alternatives),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { ca: ca.toString('pem'), cert: cert.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

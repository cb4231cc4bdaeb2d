/** TLS Secrets: whether a certificate and its key are there, can be read and belong together. Pure. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Secret } from '../objects/wire.ts';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Certificate, chain and key in one text, as HAProxy reads it. Throws with the reason why the Secret is of no use. */
export function pemOf(secret: Secret): string {
  const certificates = decode(secret, 'tls.crt').match(PEM_CERTIFICATE) ?? [];
  const [first] = certificates;
  if (first === undefined) throw new Error('its tls.crt holds no PEM certificate');
  const certificate = attempt('its tls.crt cannot be read', () => new X509Certificate(first));
  for (const more of certificates.slice(1)) attempt('its tls.crt cannot be read', () => new X509Certificate(more));
  const key = attempt('its tls.key cannot be read', () => createPrivateKey(decode(secret, 'tls.key')));
  if (!certificate.checkPrivateKey(key)) throw new Error('its tls.key does not belong to its tls.crt');
  return `${certificates.join('\n')}\n${key.export({ type: 'pkcs8', format: 'pem' }).toString()}`;
}

function decode({ data }: Secret, key: string): string {
  const value = data?.[key];
  if (value === undefined || value === '') throw new Error(`it has no ${key}`);
  return Buffer.from(value, 'base64').toString('latin1');
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

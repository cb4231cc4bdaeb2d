/** A server certificate for tests that speak TLS, signed by an authority of its own. */
import { createServingCertificate } from '../../src/api/tls/certificates.ts';

export interface TestCertificate {
  /** What a client must trust. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** PEM texts, for the given DNS name. */
export async function testCertificate(name: string): Promise<TestCertificate> {
  return createServingCertificate([name]);
}

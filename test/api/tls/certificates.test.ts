import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createServingCertificate } from '../../../src/api/tls/certificates.ts';
import { kubeconfigText } from '../../../src/api/tls/kubeconfig.ts';

describe('the serving certificate', async () => {
  const { ca, cert } = await createServingCertificate(['control-plane', '192.168.1.10', '10.96.0.1']);
  const authority = new X509Certificate(ca);
  const serving = new X509Certificate(cert);

  it('is signed by the authority, which alone may sign', () => {
    expect(authority.ca).toBe(true);
    expect(serving.ca).toBe(false);
    expect(serving.verify(authority.publicKey)).toBe(true);
    expect(serving.checkIssued(authority)).toBe(true);
  });

  it.each(['localhost', 'control-plane', 'kubernetes', 'kubernetes.default.svc.cluster.local'])(
    'is good for %s',
    (name) => {
      expect(serving.checkHost(name)).toBe(name);
    },
  );

  it.each(['127.0.0.1', '192.168.1.10', '10.96.0.1'])('is good for %s', (address) => {
    expect(serving.checkIP(address)).toBe(address);
  });

  it('is good for nothing else', () => {
    expect(serving.checkHost('example.com')).toBeUndefined();
    expect(serving.checkIP('10.96.0.2')).toBeUndefined();
  });
});

describe('the kubeconfig', () => {
  it('is YAML, whatever stands in its values', () => {
    const text = kubeconfigText({
      name: 'a: "b"\n',
      server: 'https://127.0.0.1:6443',
      certificateAuthority: 'PEM',
      token: 't',
    });
    const config = parse(text);
    expect(config['current-context']).toBe('a: "b"\n');
    expect(config.contexts[0].context).toEqual({ cluster: 'a: "b"\n', user: 'a: "b"\n' });
    expect(config.clusters[0].cluster['certificate-authority-data']).toBe(Buffer.from('PEM').toString('base64'));
  });
});

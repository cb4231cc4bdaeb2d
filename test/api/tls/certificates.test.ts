import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createServingCertificate } from '../../../src/api/tls/certificates.ts';
import { integer, objectIdentifier, octetString, utcTime } from '../../../src/api/tls/der.ts';

describe('the serving certificate', () => {
  const { ca, cert, key } = createServingCertificate(['control-plane', '192.168.1.10', '10.96.0.1', 'fd00::1']);
  const authority = new X509Certificate(ca);
  const serving = new X509Certificate(cert);

  it('is signed by the authority, which signs itself', () => {
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(serving.verify(authority.publicKey)).toBe(true);
    expect(serving.checkIssued(authority)).toBe(true);
    expect([authority.ca, serving.ca]).toEqual([true, false]);
    expect([authority.subject, serving.subject, serving.issuer]).toEqual([
      'CN=kubernetes',
      'CN=kube-apiserver',
      'CN=kubernetes',
    ]);
  });

  it.each(['localhost', 'kubernetes', 'kubernetes.default.svc', 'control-plane'])('is good for %s', (name) => {
    expect(serving.checkHost(name)).toBe(name);
  });

  it.each(['127.0.0.1', '::1', '192.168.1.10', '10.96.0.1', 'fd00::1'])('is good for %s', (ip) => {
    expect(serving.checkIP(ip)).toBe(ip);
  });

  it('is good for nothing else', () => {
    expect(serving.checkHost('node-1')).toBeUndefined();
    expect(serving.checkIP('192.168.1.11')).toBeUndefined();
  });

  it('is good from an hour ago for a year, for a server', () => {
    const hours = (date: string) => Math.round((Date.parse(date) - Date.now()) / 3_600_000);
    expect([hours(serving.validFrom), hours(serving.validTo)]).toEqual([-1, 365 * 24]);
    expect(serving.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('serves a TLS client that trusts the authority alone', async () => {
    const server = createServer({ key, cert }, (socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', ca });
    const [data] = (await once(client, 'data')) as [Buffer];
    expect(String(data)).toBe('hello');
    client.destroy();
    server.close();
  });

  it('is another one each time', () => {
    expect(new X509Certificate(createServingCertificate([]).cert).serialNumber).not.toBe(serving.serialNumber);
  });
});

describe('DER', () => {
  it('writes lengths in the short and the long form', () => {
    expect(octetString(Buffer.alloc(127)).subarray(0, 2).toString('hex')).toBe('047f');
    expect(octetString(Buffer.alloc(128)).subarray(0, 3).toString('hex')).toBe('048180');
    expect(octetString(Buffer.alloc(256)).subarray(0, 4).toString('hex')).toBe('04820100');
  });

  it('writes integers with as few bytes as keep them positive', () => {
    expect(integer(Buffer.from([0, 0, 1])).toString('hex')).toBe('020101');
    expect(integer(Buffer.from([0x80])).toString('hex')).toBe('02020080');
    expect(integer(Buffer.from([0])).toString('hex')).toBe('020100');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
        const content = integer(bytes).subarray(2);
        expect(BigInt(`0x${content.toString('hex')}`)).toBe(BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
        expect(content[0]! < 0x80 && !(content.length > 1 && content[0] === 0 && content[1]! < 0x80)).toBe(true);
      }),
    );
  });

  it('writes object identifiers and times', () => {
    expect(objectIdentifier('1.2.840.10045.4.3.2').toString('hex')).toBe('06082a8648ce3d040302');
    expect(utcTime(new Date('2026-02-03T04:05:06.789Z')).subarray(2).toString()).toBe('260203040506Z');
  });
});

/**
 * The Ingress controller with a real HAProxy in a namespace, on the API in this process: which backend each request reaches, what a bad
 * Ingress does to the others, and that a change loses no request.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import { createOwnCertificate } from '../../../src/api/tls/certificates.ts';
import { Haproxy } from '../../../src/haproxy/haproxy.ts';
import { IngressController } from '../../../src/ingress/ingress-controller.ts';
import { ingressClass } from '../../../src/ingress/ingress-objects.ts';
import { isInstalled } from '../../../src/kernel/packages.ts';
import {
  ENDPOINT_SLICES,
  INGRESS_CLASSES,
  INGRESSES,
  NAMESPACES,
  SECRETS,
  SERVICES,
} from '../../../src/objects/resource.ts';
import type { Ingress } from '../../../src/objects/wire.ts';
import { HOST_RULES, HOST_TABLE, PATH_TABLE } from '../../ingress/path-table.ts';
import { askOnce, lostOf, underLoad } from '../cloud/load.ts';
import { eventually, scratch } from '../scratch.ts';

const PROXY = '10.0.0.1';
const SERVERS = '10.0.0.2';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

const { kernel, create } = scratch();
const directory = mkdtempSync(join(tmpdir(), 'podwire-ingress-'));
const servers: Server[] = [];
const told: string[] = [];
let netns: string;
let transport: InProcessTransport;
let haproxy: Haproxy;
let controller: IngressController;
let ports = 8000;
/** Processes of HAProxy that were to serve. */
let starts = 0;

/** A server that answers with `name`, and the Service and endpoint that lead to it. Services are known by number: paths are no names. */
const known = new Map<string, string>();
async function serviceFor(answer: string): Promise<string> {
  const existing = known.get(answer);
  if (existing !== undefined) return existing;
  const name = `s${known.size}`;
  known.set(answer, name);
  ports += 1;
  const server = createServer((request, response) => response.end(`${answer} ${request.headers['x-forwarded-for']}`));
  await kernel.sockets.listen(netns, server, { host: SERVERS, port: ports });
  servers.push(server);
  await transport.create(SERVICES, { metadata: { name, namespace: 'shop' }, spec: { ports: [{ port: 80 }] } });
  await transport.create(ENDPOINT_SLICES, {
    metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: '', port: ports, protocol: 'TCP' }],
    endpoints: [{ addresses: [SERVERS], conditions: { ready: true } }],
  });
  return name;
}

async function ingressOf(host: string, rules: readonly string[]): Promise<NonNullable<Ingress['spec']>> {
  const paths = [];
  for (const rule of rules) {
    const [pathType = '', path = ''] = rule.split(' ');
    const backend = { service: { name: await serviceFor(`${host} ${rule}`), port: { number: 80 } } };
    paths.push({ pathType, path, backend });
  }
  return { rules: [{ ...(host === '' ? {} : { host }), http: { paths } }] };
}

async function apply(name: string, spec: NonNullable<Ingress['spec']>): Promise<void> {
  await transport.create(INGRESSES, { metadata: { name, namespace: 'shop' }, spec });
}

const ask = (host: string, path: string) => askOnce(netns, `http://${PROXY}${path}`, { host });
/** Whose answer it is: `host rule`; undefined for the controller's own 404. */
async function reached(host: string, path: string): Promise<string | undefined> {
  const { status, body, error } = await ask(host, path);
  if (status === 404) return undefined;
  expect({ host, path, status, error }).toEqual({ host, path, status: 200, error: undefined });
  return body.replace(/ [\d.]+$/, '');
}

beforeAll(async () => {
  [netns] = (await create(['proxy'])) as [string];
  const addresses = [PROXY, SERVERS].map((ip) => ({ op: 'address-add', cidr: `${ip}/32`, device: 'lo' }) as const);
  await kernel.run(netns, [{ tool: 'ip', ops: addresses }]);
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'PEM' });
  transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'shop' } });
  await transport.create(INGRESS_CLASSES, ingressClass());
  const spawn = (argv: readonly [string, ...string[]]) => {
    if (argv.includes('-db')) starts += 1;
    return kernel.spawn(netns, argv);
  };
  haproxy = new Haproxy({ spawn, directory, log: quiet });
  const record = (type: string) => (subject: { object: Ingress }, reason: string, message: string) =>
    void told.push(`${type} ${subject.object.metadata?.name} ${reason}: ${message}`);
  const { cert, key } = createOwnCertificate('own', ['own.example']);
  controller = new IngressController({
    transport,
    haproxy,
    recorder: { normal: record('Normal'), warning: record('Warning') },
    log: quiet,
    controller: 'podwire.dev/ingress-haproxy',
    publishService: 'shop/front',
    config: { ownCertificate: cert + key, http: 80, https: 443 },
  });
});

afterAll(async () => {
  await controller.stop();
  await haproxy.stop();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(directory, { recursive: true, force: true });
});

describe.skipIf(!isInstalled('haproxy'))('requests (skipped without HAProxy: apt-get install haproxy)', () => {
  it('reach the backend of the path that Kubernetes’ tables name', async () => {
    for (const [index, { rules }] of PATH_TABLE.entries())
      await apply(`row-${index}`, await ingressOf(`row-${index}.example`, rules));
    for (const [index, host] of HOST_RULES.entries()) await apply(`host-${index}`, await ingressOf(host, ['Prefix /']));
    await controller.start();
    for (const [index, { requests }] of PATH_TABLE.entries()) {
      const host = `row-${index}.example`;
      for (const [path, rule] of Object.entries(requests))
        expect([host, path, await reached(host, path)]).toEqual([host, path, rule && `${host} ${rule}`]);
    }
    for (const [host, rule] of Object.entries(HOST_TABLE))
      expect([host, await reached(host, '/x')]).toEqual([host, rule && `${rule} Prefix /`]);
    expect((await ask('nobody.example', '/')).body).toBe('default backend - 404');
  });

  it('that no rule fits go to the rules without a host, or the default backend', async () => {
    await apply('any', await ingressOf('', ['Prefix /any']));
    const name = await serviceFor('the default');
    await apply('default', { defaultBackend: { service: { name, port: { number: 80 } } } });
    await eventually(async () => (await reached('nobody.example', '/any/thing')) === ' Prefix /any');
    expect(await reached('nobody.example', '/')).toBe('the default');
    expect(await reached('row-1.example', '/bar')).toBe('the default');
    await transport.delete(INGRESSES, { namespace: 'shop', name: 'default' });
    await eventually(async () => (await reached('nobody.example', '/')) === undefined);
  });

  it('keep the client’s address in X-Forwarded-For', async () => {
    expect((await ask('row-0.example', '/')).body).toMatch(/ 10\.0\.0\.1$/);
  });

  it('get the certificate of their host, others the controller’s own', async () => {
    const subjectFor = (servername: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = kernel.sockets.connect(netns, { host: PROXY, port: 443 });
        const secure = tlsConnect({ socket, servername, rejectUnauthorized: false }, () => {
          resolve(String(secure.getPeerCertificate().subject.CN));
          secure.destroy();
        });
        secure.on('error', reject);
      });
    await secretFrom('good', createOwnCertificate('shop', ['x.example']));
    await apply('tls', {
      ...(await ingressOf('tls.example', ['Prefix /'])),
      tls: [{ hosts: ['tls.example'], secretName: 'good' }],
    });
    await eventually(async () => (await subjectFor('tls.example')) === 'shop');
    expect(await subjectFor('row-0.example')).toBe('own');
  });
});

async function secretFrom(name: string, { cert, key }: { readonly cert: string; readonly key: string }): Promise<void> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  await transport.create(SECRETS, {
    metadata: { name, namespace: 'shop' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(cert), 'tls.key': base64(key) },
  });
}

describe.skipIf(!isInstalled('haproxy'))('a bad Ingress (skipped without HAProxy: apt-get install haproxy)', () => {
  it('that HAProxy refuses is found, told, and left out; the others are served, also those that come later', async () => {
    // Whole in itself, but HAProxy's OpenSSL takes no key of 512 bits.
    const [key, cert] = [join(directory, 'weak.key'), join(directory, 'weak.crt')];
    const weak = ['-newkey', 'rsa:512', '-keyout', key, '-out', cert, '-subj', '/CN=weak'];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...weak], { stdio: 'ignore' });
    await secretFrom('weak', { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') });
    const answers = await underLoad(
      netns,
      `http://${PROXY}/`,
      async () => {
        await apply('weak', {
          ...(await ingressOf('weak.example', ['Prefix /'])),
          tls: [{ hosts: ['weak.example'], secretName: 'weak' }],
        });
        await eventually(() => told.some((words) => words.startsWith('Warning weak Rejected: It is not served')));
        await apply('later', await ingressOf('later.example', ['Prefix /']));
        await eventually(async () => (await reached('later.example', '/')) !== undefined);
      },
      { host: 'row-0.example' },
    );
    expect(lostOf(answers)).toEqual([]);
    expect(await reached('weak.example', '/')).toBeUndefined();
    expect(told.filter((words) => words.includes('Rejected'))).toHaveLength(1);
    await transport.delete(INGRESSES, { namespace: 'shop', name: 'weak' });
  });

  it('that names a Service that is not there gets an Event, and 503 for its requests alone', async () => {
    const spec = {
      rules: [
        {
          host: 'gone.example',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'gone', port: { number: 80 } } } }],
          },
        },
      ],
    };
    await apply('gone', spec);
    await eventually(() => told.some((words) => words.startsWith('Warning gone ServiceNotFound: Service "shop/gone"')));
    await eventually(async () => (await ask('gone.example', '/')).status === 503);
    expect(await reached('row-0.example', '/')).toBe('row-0.example Prefix /');
  });
});

describe.skipIf(!isInstalled('haproxy'))('changes (skipped without HAProxy: apt-get install haproxy)', () => {
  it('lose no request: Ingresses, endpoints and certificates come and go under load', async () => {
    const name = known.get('row-0.example Prefix /')!;
    const key = { namespace: 'shop', name: `${name}-1` };
    const endpoints = (count: number) =>
      transport.patch(ENDPOINT_SLICES, key, 'merge', {
        endpoints: Array.from({ length: count }, () => ({ addresses: [SERVERS], conditions: { ready: true } })),
      });
    const before = starts;
    const answers = await underLoad(
      netns,
      `http://${PROXY}/`,
      async () => {
        for (let round = 0; round < 5; round += 1) {
          await apply(`round-${round}`, await ingressOf(`round-${round}.example`, ['Prefix /']));
          await endpoints(1 + (round % 2));
          await eventually(async () => (await reached(`round-${round}.example`, '/')) !== undefined);
          await transport.delete(INGRESSES, { namespace: 'shop', name: `round-${round}` });
          await sleep(20);
        }
      },
      { host: 'row-0.example' },
    );
    expect(lostOf(answers)).toEqual([]);
    expect(answers.length).toBeGreaterThan(100);
    expect(starts - before).toBeGreaterThanOrEqual(5);
  });

  it('of the Service in front become the address of the Ingresses', async () => {
    await transport.create(SERVICES, {
      metadata: { name: 'front', namespace: 'shop' },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
    });
    const status = { status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } } };
    await transport.patch(SERVICES, { namespace: 'shop', name: 'front' }, 'merge', status, { subresource: 'status' });
    await eventually(async () => {
      const { items } = await transport.list(INGRESSES);
      return items.every((each) => each.status?.loadBalancer?.ingress?.[0]?.ip === '203.0.113.9');
    });
  });
});

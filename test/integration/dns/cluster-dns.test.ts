import { decode, encode, type Packet } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterDns } from '../../../src/dns/cluster-dns.ts';
import { readDnsConfig } from '../../../src/dns/server-config.ts';
import { frame, TcpFrames } from '../../../src/dns/tcp-frames.ts';
import { ENDPOINT_SLICES, NAMESPACES, SERVICES as SERVICE_TYPE } from '../../../src/objects/resource.ts';
import { SERVICES, SLICES, service, slice } from '../../dns/fixtures.ts';
import { MemoryTransport } from '../../support/memory-transport.ts';
import { eventually, scratch } from '../scratch.ts';

const { kernel, create } = scratch();
const transport = new MemoryTransport();
const upstreamTransport = new MemoryTransport();
let dns: ClusterDns;
let withUpstream: ClusterDns;
let server: string;
let client: string;

const configOf = (domain: string, further = '') =>
  readDnsConfig(`.:53 {
    health
    ready
    prometheus :9153
    kubernetes ${domain} in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    ${further}
  }`);

async function dig(...args: string[]): Promise<string> {
  const { stdout } = await kernel.read(client, ['dig', '+time=2', '+tries=1', '@10.9.0.53', ...args]);
  return stdout;
}
const short = async (...args: string[]) => (await dig('+short', ...args)).trim().split('\n').sort();
const web = 'web.default.svc.cluster.local';

beforeAll(async () => {
  [server, client] = (await create(['dns', 'client'])) as [string, string];
  await kernel.run(server, [
    {
      tool: 'ip',
      ops: [
        { op: 'link-add', name: 'eth0', up: true, link: { kind: 'veth', peer: { name: 'eth0', netns: client } } },
        { op: 'address-add', cidr: '10.9.0.53/24', device: 'eth0' },
      ],
    },
  ]);
  await kernel.run(client, [
    {
      tool: 'ip',
      ops: [
        { op: 'address-add', cidr: '10.9.0.1/24', device: 'eth0' },
        { op: 'link-set', name: 'eth0', up: true },
      ],
    },
  ]);
  for (const name of ['default', 'kube-system']) await transport.create(NAMESPACES, { metadata: { name } });
  for (const each of SERVICES) await transport.create(SERVICE_TYPE, structuredClone(each));
  for (const each of SLICES) await transport.create(ENDPOINT_SLICES, structuredClone(each));
  const common = { sockets: kernel.sockets, netns: server, config: configOf('cluster.local') };
  dns = new ClusterDns({ ...common, address: '0.0.0.0', transport });
  // A second cluster, whose upstream is the first.
  withUpstream = new ClusterDns({
    sockets: kernel.sockets,
    netns: client,
    address: '10.9.0.1',
    transport: upstreamTransport,
    config: configOf('other.local', 'forward . /etc/resolv.conf'),
    nameservers: ['10.9.0.53'],
  });
});

afterAll(async () => {
  await dns.stop();
  await withUpstream.stop();
});

describe('before the API is seen', () => {
  it('answers SERVFAIL, is healthy but not ready', async () => {
    await dns.listen();
    expect(await dig(web)).toContain('status: SERVFAIL');
    const status = async (url: string) =>
      (await kernel.read(client, ['curl', '-s', '-w', ' %{http_code}', url])).stdout;
    expect(await status('http://10.9.0.53:8080/health')).toBe('OK 200');
    expect(await status('http://10.9.0.53:8181/ready')).toBe('kubernetes 503');
    await dns.start();
    expect(await status('http://10.9.0.53:8181/ready')).toBe('OK 200');
    expect(await status('http://10.9.0.53:8181/health')).toContain('404');
  });
});

describe('dig', () => {
  it('gets A, SRV, PTR, CNAME and TXT', async () => {
    expect(await short(web)).toEqual(['10.96.7.7']);
    expect(await short(`_http._tcp.${web}`, 'SRV')).toEqual([`0 100 80 ${web}.`]);
    expect(await short('-x', '10.96.7.7')).toEqual([`${web}.`]);
    expect(await short('db.default.svc.cluster.local')).toEqual(['10.244.1.3', '10.244.2.3', '10.244.2.4']);
    expect(await short('outside.default.svc.cluster.local')).toEqual(['database.example.com.']);
    expect(await short('dns-version.cluster.local', 'TXT')).toEqual(['"1.1.0"']);
  });

  it('gets a whole answer by EDNS, over TCP, and for no such name the SOA', async () => {
    const answer = await dig(web);
    expect(answer).toMatch(/status: NOERROR/);
    expect(answer).toMatch(/flags: qr aa rd/);
    expect(answer).toMatch(new RegExp(`${web}\\.\\s+5\\s+IN\\s+A\\s+10\\.96\\.7\\.7`));
    expect(await short('+tcp', web)).toEqual(['10.96.7.7']);
    const negative = await dig('nothing.default.svc.cluster.local');
    expect(negative).toContain('status: NXDOMAIN');
    expect(negative).toMatch(
      /cluster\.local\.\s+5\s+IN\s+SOA\s+ns\.dns\.cluster\.local\. hostmaster\.cluster\.local\./,
    );
    expect(await dig('db.default.svc.cluster.local', 'MX')).toMatch(/status: NOERROR.*\n.*ANSWER: 0/);
    expect(await dig('empty.default.svc.cluster.local')).toContain('status: NXDOMAIN');
    expect(await dig('example.com')).toContain('status: SERVFAIL');
  });

  it('answers questions on one connection one behind the other, the last after the client has nothing more to say', async () => {
    const names = [web, 'nothing.default.svc.cluster.local', 'dual.default.svc.cluster.local'];
    const questions = names.map((name, id) => encode({ type: 'query', id, questions: [{ name, type: 'A' }] }));
    const frames = Buffer.concat(questions.map(frame));
    const socket = kernel.sockets.connect(client, { host: '10.9.0.53', port: 53 });
    const answers: Packet[] = [];
    const received = new TcpFrames((message) => answers.push(decode(message)));
    // In pieces that end anywhere.
    for (let at = 0; at < frames.length; at += 7) socket.write(frames.subarray(at, at + 7));
    socket.end();
    for await (const chunk of socket) received.push(chunk as Buffer);
    expect(answers.map(({ id, answers: records }) => [id, records!.length])).toEqual([
      [0, 1],
      [1, 0],
      [2, 1],
    ]);
  });

  it('falls back to TCP for what is too long', async () => {
    const endpoints = Array.from({ length: 150 }, (_, index) => ({ addresses: [`10.244.9.${index}`] }));
    await transport.create(SERVICE_TYPE, service('many', { clusterIP: 'None' }));
    await transport.create(ENDPOINT_SLICES, slice('many', endpoints));
    const name = 'many.default.svc.cluster.local';
    await eventually(async () => (await short(name)).length === 150);
    expect(await dig('+ignore', '+noedns', name)).toMatch(/flags: qr aa tc rd/);
  });

  it('follows changes of the API', async () => {
    await transport.delete(SERVICE_TYPE, { namespace: 'default', name: 'plain' });
    await eventually(async () => (await dig('plain.default.svc.cluster.local')).includes('NXDOMAIN'));
  });
});

it('counts queries under the names of CoreDNS on port 9153', async () => {
  const page = async () => (await kernel.read(client, ['curl', '-s', 'http://10.9.0.53:9153/metrics'])).stdout;
  const value = async (series: string) =>
    Number(
      (await page())
        .split('\n')
        .find((line) => line.startsWith(series))
        ?.split(' ')[1] ?? 0,
    );
  const requests = 'coredns_dns_requests_total{family="1",proto="tcp",server="dns://:53",type="A",view="",zone="."}';
  const missing = 'coredns_dns_responses_total{plugin="",rcode="SERVFAIL",server="dns://:53",view="",zone="."}';
  const before = [await value(requests), await value(missing)];
  await dig('+tcp', web);
  await dig('example.org');
  expect([await value(requests), await value(missing)]).toEqual([before[0]! + 1, before[1]! + 1]);
});

describe('busybox nslookup', () => {
  it('resolves a full name and a reverse one', async () => {
    const forward = await kernel.read(client, ['busybox', 'nslookup', web, '10.9.0.53']);
    expect(forward.stdout).toMatch(/Address: 10\.96\.7\.7/);
    expect(forward.exitCode).toBe(0);
    const reverse = await kernel.read(client, ['busybox', 'nslookup', '10.96.7.7', '10.9.0.53']);
    expect(reverse.stdout).toContain(`name = ${web}`);
    const missing = await kernel.read(client, [
      'busybox',
      'nslookup',
      'nothing.default.svc.cluster.local',
      '10.9.0.53',
    ]);
    expect(missing.stdout).toContain('NXDOMAIN');
    expect(missing.exitCode).toBe(1);
  });
});

describe('with an upstream', () => {
  it('passes other names on, over UDP and TCP, and completes an outside CNAME', async () => {
    await upstreamTransport.create(NAMESPACES, { metadata: { name: 'default' } });
    const target = { type: 'ExternalName', externalName: web } as const;
    await upstreamTransport.create(SERVICE_TYPE, service('alias', target));
    await withUpstream.start();
    const ask = async (...args: string[]) =>
      (await kernel.read(client, ['dig', '+short', '+time=3', '+tries=1', '@10.9.0.1', ...args])).stdout
        .trim()
        .split('\n');
    expect(await ask(web)).toEqual(['10.96.7.7']);
    expect(await ask('+tcp', web)).toEqual(['10.96.7.7']);
    expect(await ask('alias.default.svc.other.local')).toEqual([`${web}.`, '10.96.7.7']);
    expect(await ask('-x', '10.96.7.7')).toEqual([`${web}.`]);
  });

  it('says SERVFAIL at once when nobody listens there', async () => {
    const lost = new ClusterDns({
      ...{ sockets: kernel.sockets, netns: client, address: '10.9.0.1', transport: upstreamTransport },
      config: readDnsConfig('.:5353 {\n forward . 10.9.0.53:5399\n}'),
    });
    await lost.listen();
    // A client that waits less than the server would wait for its upstream.
    const asked: [string, ...string[]] = ['dig', '+time=1', '+tries=1', '-p', '5353', '@10.9.0.1', 'example.com'];
    expect((await kernel.read(client, asked)).stdout).toContain('status: SERVFAIL');
    await lost.stop();
  });
});

it('says so when its port is taken', async () => {
  const second = new ClusterDns({
    sockets: kernel.sockets,
    netns: server,
    address: '10.9.0.53',
    transport,
    config: configOf('cluster.local'),
  });
  await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE', port: 53 });
  expect(await short(web)).toEqual(['10.96.7.7']);
});

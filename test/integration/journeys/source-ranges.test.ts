/** The source manifests with addresses of their own, accepted as printed in `lab/sources.yaml`; the external database answers. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../scratch.ts';
import { answering, kubectl, podsOf, ROOT, run, sharedLab, source } from './shared-lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'podwire-sources-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** `lab/sources.yaml`, and in place of the database on its underlay a host where this test serves. */
const lab = sharedLab(() => {
  const file = join(folder, 'lab.yaml');
  const hosts = 'hosts:\n  - {name: client, address: 192.168.1.100}\n  - {name: database, address: 192.168.1.23}\n';
  writeFileSync(file, readFileSync(join(ROOT, 'lab/sources.yaml'), 'utf8').replace(/^hosts:\n( .*\n)+/m, hosts));
  return { file };
});

const PODS = `apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx}
spec:
  replicas: 2
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec: {containers: [{name: nginx, image: nginx, ports: [{containerPort: 80}, {containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: shell, image: "busybox:1.28.4", command: [sleep, infinity]}]}
`;

const apply = (file: string) => kubectl(lab(), ['apply', '-f', source(file)]);

beforeAll(async () => {
  await kubectl(lab(), ['apply', '-f', '-'], PODS);
  await kubectl(lab(), ['wait', '--for=condition=Available', 'deployment/nginx', '--timeout=30s']);
  await kubectl(lab(), ['wait', '--for=condition=Ready', 'pod/shell', '--timeout=30s']);
});

describe('with the documents’ ranges', () => {
  it('the ranges are ServiceCIDRs', async () => {
    expect(await kubectl(lab(), ['get', 'servicecidrs', '--no-headers', '-o', 'custom-columns=C:.spec.cidrs[0]'])).toBe(
      '10.96.0.0/12\n10.0.160.0/24\n10.10.5.0/24\n172.17.188.0/24\n',
    );
  });

  it('a ClusterIP of one’s own, without pods, is refused by its node; with pods it answers', async () => {
    expect(await apply('002-clusterip.yaml')).toBe('service/my-clusterip-service created\n');
    await lab().programmed();
    expect(await lab().exec('shell', ['wget', '-qO-', '-T', '2', 'http://10.10.5.10/'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('refused'),
    });
    await kubectl(lab(), ['patch', 'service', 'my-clusterip-service', '-p', '{"spec":{"selector":{"app":"nginx"}}}']);
    await lab().programmed();
    const pods = await podsOf(lab(), 'app=nginx');
    expect(await answering(lab(), 'shell', 'http://10.10.5.10/')).toEqual(pods);
    expect(await answering(lab(), 'node-2', 'http://10.10.5.10/')).toEqual(pods);
  });

  it('a LoadBalancer with clusterIP and loadBalancerIP', async () => {
    expect(await apply('002-loadbalancer.yaml')).toBe('service/my-loadbalancer-service created\n');
    await lab().programmed();
    expect(await answering(lab(), 'shell', 'http://10.0.160.135/')).toEqual(await podsOf(lab(), 'app=nginx'));
    const address = '--for=jsonpath={.status.loadBalancer.ingress[0].ip}=168.196.90.10';
    await kubectl(lab(), ['wait', address, 'service/my-loadbalancer-service']);
    expect(await answering(lab(), 'client', 'http://168.196.90.10/')).toEqual(await podsOf(lab(), 'app=nginx'));
    expect(await kubectl(lab(), ['get', 'service', 'my-loadbalancer-service', '--no-headers'])).toMatch(
      /^my-loadbalancer-service {3}LoadBalancer {3}10\.0\.160\.135 {3}168\.196\.90\.10 {3}80:3\d{4}\/TCP {3}\d+s\n$/,
    );
  });

  it('the Service in JSON, with what an old server had written into it', async () => {
    expect(await apply('004-service.json')).toBe('service/nginx created\n');
    await lab().programmed();
    const pods = await podsOf(lab(), 'app=nginx');
    expect(await answering(lab(), 'shell', 'http://172.17.188.189:30080/')).toEqual(pods);
    expect(await answering(lab(), 'client', 'http://192.168.1.11:31455/')).toEqual(pods);
    await kubectl(lab(), ['wait', '--for=jsonpath={.status.loadBalancer.ingress[0].ip}=203.0.113.1', 'service/nginx']);
    expect(await answering(lab(), 'client', 'http://203.0.113.1:30080/')).toEqual(pods);
    const stored = JSON.parse(await kubectl(lab(), ['get', 'service', 'nginx', '-o', 'json']));
    expect(stored.metadata.uid).not.toBe('6a84483a-5262-11e8-8969-000c292f77da');
    expect(stored.metadata.selfLink).toBeUndefined();
    expect(stored.metadata.creationTimestamp).not.toContain('2021');
  });

  it('mysql-svc leads to the database outside the cluster', async () => {
    await apply('001-mysql-service.yaml');
    await apply('001-mysql-endpoints.yaml');
    await lab().programmed();
    const greets = 'require("node:net").createServer((socket) => socket.end("database\\n")).listen(3306)';
    const netns = await lab().netnsOf('database');
    const server = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', greets], { stdio: 'ignore' });
    try {
      const ask = () => lab().exec('shell', ['nc', '-w', '2', 'mysql-svc', '3306']);
      await eventually(async () => (await ask()).stdout === 'database\n', 10_000);
      const ip = await kubectl(lab(), ['get', 'service', 'mysql-svc', '-o', 'jsonpath={.spec.clusterIP}']);
      expect(await run(lab(), 'node-1', 'busybox', 'nc', '-w', '2', ip, '3306')).toBe('database\n');
    } finally {
      server.kill('SIGKILL');
    }
  });
});

/**
 * The manifests of the source documents, exactly as printed (dashes mended, indentation restored), applied by kubectl in the default
 * lab, with traffic from a pod, a node and the outside client. Those whose addresses lie outside its Service range are refused.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { answering, kubectl, podsOf, refusal, run, sharedLab, source } from './shared-lab.ts';

const lab = sharedLab();

/** What the manifests select: the documents leave the pods to their reader. */
const PODS = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app1}
spec:
  replicas: 2
  selector: {matchLabels: {dep: app1-pod}}
  template:
    metadata: {labels: {dep: app1-pod}}
    spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx}
spec:
  replicas: 3
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec: {containers: [{name: nginx, image: nginx, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: shell, image: "busybox:1.28.4", command: [sleep, infinity]}]}
`;

const apply = (file: string) => kubectl(lab(), ['apply', '-f', source(file)]);
const clusterIpOf = (name: string) => kubectl(lab(), ['get', 'service', name, '-o', 'jsonpath={.spec.clusterIP}']);

beforeAll(async () => {
  await kubectl(lab(), ['create', 'namespace', 'dev']);
  await kubectl(lab(), ['apply', '-f', '-'], PODS);
  await kubectl(lab(), ['wait', '--for=condition=Available', 'deployments', '--all', '--timeout=30s']);
  await kubectl(lab(), ['wait', '--for=condition=Ready', 'pod/shell', '--timeout=30s']);
});

/** A busybox's `wget -qO- URL` in a pod: the pod that answered. */
async function wget(pod: string, url: string): Promise<string | undefined> {
  return /^pod: (\S+)/m.exec(await run(lab(), pod, 'wget', '-qO-', '-T', '5', url))?.[1];
}

describe('source 001', () => {
  it('a Service selects pods by label, has an address, and answers from everywhere inside', async () => {
    expect(await apply('001-service.yaml')).toBe('service/my-service created\n');
    expect(await apply('001-service.yaml')).toBe('service/my-service unchanged\n');
    await lab().programmed();
    const pods = await podsOf(lab(), 'dep=app1-pod');
    const ip = await clusterIpOf('my-service');
    expect(await answering(lab(), 'shell', 'http://my-service/')).toEqual(pods);
    for (const node of ['control-plane', 'node-1', 'node-2'])
      expect(await answering(lab(), node, `http://${ip}/`)).toEqual(pods);
    // A ClusterIP is for the inside alone: the outside client's packets end at its own default route.
    expect(await lab().exec('client', ['curl', '-s', '-m', '1', `http://${ip}/`])).toMatchObject({ stdout: '' });
  });

  it('an ExternalName is resolved across namespaces from a busybox of 1.28.4', async () => {
    expect(await apply('001-externalname.yaml')).toBe('service/my-exter created\npod/test-pod5 created\n');
    await kubectl(lab(), ['wait', '-n', 'dev', '--for=condition=Ready', 'pod/test-pod5', '--timeout=30s']);
    await lab().programmed();
    const ip = await clusterIpOf('my-service');
    expect(await run(lab(), 'dev/test-pod5', 'nslookup', 'my-exter')).toBe(
      'Server:    10.96.0.10\nAddress 1: 10.96.0.10 kube-dns.kube-system.svc.cluster.local\n\n' +
        `Name:      my-exter\nAddress 1: ${ip} my-service.default.svc.cluster.local\n`,
    );
    expect(await podsOf(lab(), 'dep=app1-pod')).toContain(await wget('dev/test-pod5', 'http://my-exter/'));
  });

  it('a NodePort 30078 is open on every node to the outside, and to pods and nodes', async () => {
    expect(await apply('001-nodeport.yaml')).toBe('service/my-service configured\n');
    expect(await apply('001-nodeport.yaml')).toBe('service/my-service unchanged\n');
    await lab().programmed();
    const pods = await podsOf(lab(), 'dep=app1-pod');
    for (const from of ['client', 'shell', 'node-2'])
      for (const node of ['192.168.1.10', '192.168.1.11', '192.168.1.12'])
        expect(await answering(lab(), from, `http://${node}:30078/`)).toEqual(pods);
    expect(await apply('001-service.yaml')).toBe('service/my-service configured\n');
    await lab().programmed();
    const closed = await lab().exec('client', ['curl', '-s', '-m', '2', 'http://192.168.1.11:30078/']);
    expect(closed).toMatchObject({ exitCode: 7, stdout: '' });
  });

  it('a Service without selector has no Endpoints until one of its name is made by hand', async () => {
    expect(await apply('001-mysql-service.yaml')).toBe('service/mysql-svc created\n');
    expect(await kubectl(lab(), ['describe', 'service', 'mysql-svc'])).toMatch(/^Endpoints:\s*(<none>)?$/m);
    expect(await refusal(lab(), ['get', 'endpoints', 'mysql-svc'])).toContain(
      'Error from server (NotFound): endpoints "mysql-svc" not found',
    );
    await lab().programmed();
    const ip = await clusterIpOf('mysql-svc');
    expect(await lab().exec('shell', ['nc', '-w', '2', ip, '3306'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('refused'),
    });
    expect(await apply('001-mysql-endpoints.yaml')).toBe('endpoints/mysql-svc created\n');
    expect(await kubectl(lab(), ['describe', 'service', 'mysql-svc'])).toMatch(/^Endpoints:\s+192\.168\.1\.23:3306$/m);
    expect(await kubectl(lab(), ['get', 'endpoints', 'mysql-svc', '--no-headers'])).toMatch(
      /^mysql-svc {3}192\.168\.1\.23:3306 {3}\d+s\n$/,
    );
  });
});

describe('source 002', () => {
  it('a Service maps port 80 to 8080', async () => {
    await kubectl(lab(), ['delete', 'service', 'my-service']);
    expect(await apply('002-service.yaml')).toBe('service/my-service created\n');
    await lab().programmed();
    expect(await answering(lab(), 'shell', 'http://my-service.default/')).toEqual(await podsOf(lab(), 'app=nginx'));
  });

  it('a NodePort 30000 beside it', async () => {
    expect(await apply('002-nodeport.yaml')).toBe('service/my-nodeport-service created\n');
    await lab().programmed();
    expect(await answering(lab(), 'client', 'http://192.168.1.12:30000/')).toEqual(await podsOf(lab(), 'app=nginx'));
  });

  it('an ExternalName outside the cluster is a CNAME', async () => {
    expect(await apply('002-externalname.yaml')).toBe('service/my-externalname-service created\n');
    await lab().programmed();
    expect(await kubectl(lab(), ['get', 'service', 'my-externalname-service', '--no-headers'])).toMatch(
      /^my-externalname-service {3}ExternalName {3}<none> {3}my\.database\.domain\.com {3}<none> {3}\d+s\n$/,
    );
    const name = 'my-externalname-service.default.svc.cluster.local';
    expect(await run(lab(), 'node-1', 'dig', '+short', '@10.96.0.10', name)).toBe('my.database.domain.com.\n');
  });

  it('addresses outside the Service range are refused in Kubernetes’ words, and nothing is made', async () => {
    const before = await kubectl(lab(), ['get', 'services', '-o', 'name']);
    const words = (name: string, ip: string) =>
      `The Service "${name}" is invalid: spec.clusterIPs: Invalid value: ["${ip}"]: failed to allocate IP ${ip}: ` +
      'the provided network does not match the current range\n';
    for (const [file, name, ip] of [
      ['002-clusterip.yaml', 'my-clusterip-service', '10.10.5.10'],
      ['002-loadbalancer.yaml', 'my-loadbalancer-service', '10.0.160.135'],
      ['004-service.json', 'nginx', '172.17.188.189'],
    ] as const)
      expect(await refusal(lab(), ['apply', '-f', source(file)])).toBe(words(name, ip));
    expect(await kubectl(lab(), ['get', 'services', '-o', 'name'])).toBe(before);
  });

  it('the debugging flow, step by step', async () => {
    expect(await kubectl(lab(), ['get', 'svc'])).toMatch(/^my-service +ClusterIP/m);
    expect(await run(lab(), 'shell', 'nslookup', 'my-service')).toContain('Name:      my-service\n');
    expect(await run(lab(), 'dev/test-pod5', 'nslookup', 'my-service.default')).toContain('my-service.default\n');
    expect(await run(lab(), 'dev/test-pod5', 'nslookup', 'kubernetes.default')).toContain('Address 1: 10.96.0.1 ');
    const ip = await clusterIpOf('my-service');
    const loop = `for i in $(seq 1 3); do wget -qO- ${ip}:80; done`;
    expect((await run(lab(), 'shell', 'sh', '-c', loop)).match(/^pod: nginx-/gm)).toHaveLength(3);
    expect(await podsOf(lab(), 'app=nginx')).toHaveLength(3);
    const endpoints = await kubectl(lab(), ['get', 'endpoints', 'my-service', '--no-headers']);
    const addresses = endpoints.match(/10\.244\.\d\.\d+:8080/g);
    expect(addresses).toHaveLength(3);
    const each = `for ep in ${addresses!.join(' ')}; do wget -qO- $ep; done`;
    const answers = await run(lab(), 'shell', 'sh', '-c', each);
    expect([...answers.matchAll(/^pod: (\S+)/gm)].map(([, pod]) => pod).sort()).toEqual(
      await podsOf(lab(), 'app=nginx'),
    );
  });

  it('a one-off busybox answers the debugging commands, and is gone behind them', async () => {
    const once = ['run', '-i', '--rm', '--restart=Never', 'busybox', '--image=gcr.io/google-containers/busybox', 'sh'];
    const output = await kubectl(lab(), once, 'nslookup kubernetes.default\nwget -qO- my-service\n');
    expect(output).toContain('Address 1: 10.96.0.1 kubernetes.default.svc.cluster.local\n');
    expect(output).toMatch(/^pod: nginx-/m);
    expect(output).toMatch(/pod "busybox" deleted/);
    expect(await refusal(lab(), ['get', 'pod', 'busybox'])).toContain('not found');
  });

  it('the newest busybox asks for a name with a dot as it stands, as source 001 warns', async () => {
    const once = ['run', '-i', '--rm', '--restart=Never', 'newest', '--image=busybox', '--', 'nslookup'];
    const failed = await lab().kubectl([...once, 'kubernetes.default']);
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain("** server can't find kubernetes.default: NXDOMAIN");
    const whole = await kubectl(lab(), [...once, 'kubernetes.default.svc.cluster.local']);
    expect(whole).toContain('Address: 10.96.0.1\n');
  });
});

describe('sources 000 and 004', () => {
  it('a LoadBalancer gets an address of the cloud', async () => {
    expect(await apply('000-loadbalancer.yaml')).toBe('service/my-web-service created\n');
    await kubectl(lab(), [
      'wait',
      '--for=jsonpath={.status.loadBalancer.ingress[0].ip}=203.0.113.1',
      'service/my-web-service',
    ]);
    expect(await kubectl(lab(), ['get', 'service', 'my-web-service', '--no-headers'])).toMatch(
      /^my-web-service {3}LoadBalancer {3}10\.\d+\.\d+\.\d+ {3}203\.0\.113\.1 {3}80:3\d{4}\/TCP {3}\d+s\n$/,
    );
  });

  it('kubectl expose makes a LoadBalancer of a Deployment', async () => {
    await kubectl(lab(), ['create', 'deployment', 'nginxv1', '--image=nginx']);
    const exposed = await kubectl(lab(), [
      ...['expose', 'deployment', 'nginxv1', '--port=8081', '--target-port=80', '--type=LoadBalancer'],
    ]);
    expect(exposed).toBe('service/nginxv1 exposed\n');
    await kubectl(lab(), ['wait', '--for=condition=Available', 'deployment/nginxv1', '--timeout=30s']);
    await lab().programmed();
    expect(await answering(lab(), 'shell', 'http://nginxv1:8081/', 2)).toEqual(await podsOf(lab(), 'app=nginxv1'));
    await kubectl(lab(), [
      'wait',
      '--for=jsonpath={.status.loadBalancer.ingress[0].ip}=203.0.113.2',
      'service/nginxv1',
    ]);
    expect(await answering(lab(), 'client', 'http://203.0.113.2:8081/', 2)).toEqual(await podsOf(lab(), 'app=nginxv1'));
  });
});

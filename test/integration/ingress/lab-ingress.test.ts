/** Ingress on a real lab: installed with the first one, reached from the outside client through the load balancer. */
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createOwnCertificate } from '../../../src/api/tls/certificates.ts';
import { isInstalled } from '../../../src/kernel/packages.ts';
import { lostOf, underLoad } from '../cloud/load.ts';
import { kubectl, podsOf, refusal, run, sharedLab } from '../journeys/shared-lab.ts';
import { eventually } from '../node/lab-node.ts';

const lab = sharedLab();
const client = () => lab().netnsOf('client');

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: nginx
        image: nginx
        ports: [{name: http, containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
        lifecycle: {preStop: {exec: {command: [sleep, "2"]}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 8080, targetPort: http}]}
`;
const INGRESS = (name: string, host: string, more = '') => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}}
spec:
  rules:
  - host: ${host}
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
${more}`;

const apply = (text: string) => kubectl(lab(), ['apply', '-f', '-'], text);
const addressOf = (ingress: string) =>
  eventually(async () => {
    const path = 'jsonpath={.status.loadBalancer.ingress[0].ip}';
    return (await kubectl(lab(), ['get', 'ingress', ingress, '-o', path])) || false;
  }, 30_000);
const url = 'http://203.0.113.1/';

describe.skipIf(!isInstalled('haproxy'))('Ingress (skipped without HAProxy: apt-get install haproxy)', () => {
  it('has a default class from the beginning, and a controller with the first Ingress', async () => {
    const classes = await kubectl(lab(), ['get', 'ingressclasses', '--no-headers']);
    expect(classes).toMatch(/^haproxy +podwire\.dev\/ingress-haproxy +<none> /);
    expect(await refusal(lab(), ['get', 'namespace', 'ingress-haproxy'])).toContain('not found');
    await apply(WEB + INGRESS('shop', 'shop.example'));
    expect(await addressOf('shop')).toBe('203.0.113.1');
    expect(await kubectl(lab(), ['get', 'ingress', 'shop', '--no-headers'])).toMatch(
      /^shop +haproxy +shop\.example +203\.0\.113\.1 +80 /,
    );
  });

  it('leads the outside client to the pods themselves', async () => {
    await kubectl(lab(), ['wait', '--for=condition=Available', 'deployment/web', '--timeout=30s']);
    const ask = ['curl', '-s', '-m', '5', '-H', 'Host: shop.example', url] as const;
    await eventually(async () => (await lab().exec('client', [...ask])).stdout.startsWith('pod: web-'), 30_000);
    const answers = await Promise.all(Array.from({ length: 8 }, () => run(lab(), 'client', ...ask)));
    const pods = new Set(answers.map((body) => /^pod: (\S+)/.exec(body)?.[1]));
    expect([...pods].sort()).toEqual(await podsOf(lab(), 'app=web'));
    const [controller] = await podsOf(lab(), 'app.kubernetes.io/name=ingress-haproxy', 'ingress-haproxy');
    const path = ['-n', 'ingress-haproxy', '-o', 'jsonpath={.status.podIP}'];
    const ip = await kubectl(lab(), ['get', 'pod', controller!, ...path]);
    // Not a ClusterIP's masquerade between: the pod is asked by the proxy itself.
    expect(answers[0]).toContain(`client: ${ip}:`);
    expect(await run(lab(), 'client', 'curl', '-s', '-m', '5', url)).toBe('default backend - 404');
  });

  it('speaks TLS with the certificate of a Secret', async () => {
    const { cert, key } = createOwnCertificate('tls.example', ['tls.example']);
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    await apply(`apiVersion: v1
kind: Secret
metadata: {name: pair}
type: kubernetes.io/tls
data: {tls.crt: ${base64(cert)}, tls.key: ${base64(key)}}
${INGRESS('tls', 'tls.example', '  tls: [{hosts: [tls.example], secretName: pair}]\n')}`);
    const { serialNumber } = new X509Certificate(cert);
    const ask = ['curl', '-sk', '-m', '5', '-w', '%{certs}', '--resolve', 'tls.example:443:203.0.113.1'] as const;
    await eventually(async () => {
      const { stdout } = await lab().exec('client', [...ask, 'https://tls.example/']);
      return stdout.startsWith('pod: web-') && stdout.toUpperCase().includes(serialNumber);
    }, 20_000);
  });

  it('loses no request while pods and Ingresses come and go', async () => {
    const change = async () => {
      await kubectl(lab(), ['rollout', 'restart', 'deployment/web']);
      await apply(INGRESS('second', 'second.example'));
      await kubectl(lab(), ['rollout', 'status', 'deployment/web', '--timeout=40s']);
      await kubectl(lab(), ['delete', 'ingress', 'second']);
    };
    const answers = await underLoad(await client(), url, change, { host: 'shop.example' });
    expect(lostOf(answers)).toEqual([]);
    expect(answers.length).toBeGreaterThan(50);
  });

  it('is not touched when it is another controller’s', async () => {
    await apply(`apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: other}
spec: {controller: example.com/other}
${INGRESS('theirs', 'theirs.example', '  ingressClassName: other\n')}${INGRESS('ours', 'ours.example')}`);
    await addressOf('ours');
    expect(await kubectl(lab(), ['get', 'ingress', 'theirs', '-o', 'jsonpath={.status.loadBalancer}'])).toBe('{}');
    const answer = await run(lab(), 'client', 'curl', '-s', '-m', '5', '-H', 'Host: theirs.example', url);
    expect(answer).toBe('default backend - 404');
  });

  it('comes back when its program is killed', async () => {
    const [controller] = await podsOf(lab(), 'app.kubernetes.io/name=ingress-haproxy', 'ingress-haproxy');
    const inPod = ['exec', '-n', 'ingress-haproxy', controller!, '--'];
    await lab().kubectl([...inPod, 'sh', '-c', 'kill -9 1; kill 1']);
    const ask = ['curl', '-s', '-m', '2', '-H', 'Host: shop.example', url] as const;
    await eventually(async () => (await lab().exec('client', [...ask])).stdout.startsWith('pod: web-'), 30_000);
  });
});

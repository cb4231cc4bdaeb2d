/** Every `kubectl get` looks as a Kubernetes user expects: transcripts in `golden/`, renewed by `vitest -u`. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../scratch.ts';
import { kubectl, sharedLab } from './shared-lab.ts';
import { transcript, yamlTranscript } from './transcript.ts';

const lab = sharedLab();

const OBJECTS = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.27", ports: [{containerPort: 80, name: http}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: http, nodePort: 30078}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {type: ExternalName, externalName: my.database.domain.com}
---
apiVersion: v1
kind: Service
metadata: {name: mysql, namespace: shop}
spec: {ports: [{port: 3306}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: mysql, namespace: shop}
subsets: [{addresses: [{ip: 192.168.1.23}], ports: [{port: 3306}]}]
---
apiVersion: v1
kind: Service
metadata: {name: nobody, namespace: shop}
spec: {type: LoadBalancer, loadBalancerClass: example.com/another, selector: {app: nobody}, ports: [{name: a, port: 80}, {name: b, port: 443}], externalIPs: [192.168.1.200]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {a: "1", b: "2"}
---
apiVersion: v1
kind: Pod
metadata: {name: broken, namespace: shop, labels: {app: broken}}
spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: [sh, -c, "exit 3"]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: missing, namespace: shop}
spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: [no-such-program]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: done, namespace: shop}
spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: ["true"]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: homeless, namespace: shop}
spec: {nodeSelector: {disk: gold}, containers: [{name: main, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: unready, namespace: shop}
spec:
  containers:
  - {name: one, image: nginx, readinessProbe: {httpGet: {path: /, port: 81}}}
  - {name: two, image: redis}
`;

beforeAll(async () => {
  await kubectl(lab(), ['apply', '-f', '-'], OBJECTS);
  await kubectl(lab(), ['wait', '-n', 'shop', '--for=condition=Available', 'deployment/web', '--timeout=30s']);
  const phases = ['{.items[*].status.containerStatuses[*].started}', '{.items[*].status.phase}'];
  await eventually(async () => {
    const text = await kubectl(lab(), ['get', 'pods', '-n', 'shop', '-o', `jsonpath=${phases.join(' ')}`]);
    const words = text.split(' ');
    const count = (word: string) => words.filter((each) => each === word).length;
    return count('Succeeded') === 1 && count('Failed') === 2 && count('true') === 4;
  }, 20_000);
  await lab().programmed();
});

describe('kubectl get', () => {
  it.each([
    'nodes',
    'nodes -o wide',
    'namespaces --show-labels',
    'pods -n shop',
    'pods -n shop -o wide',
    'pods -n shop -l app=web --show-labels',
    'pods -A',
    'pods -n empty',
    'services -n shop',
    'services -n shop -o wide',
    'services -A',
    'endpoints -n shop',
    'endpointslices -n shop',
    'deployments -n shop',
    'deployments -n shop -o wide',
    'replicasets -n shop -o wide',
    'configmaps -n shop',
    'serviceaccounts -n shop',
    'servicecidrs',
    'leases -n kube-node-lease',
    'all -n shop',
    'all -n kube-system',
    'service web -n shop -o yaml',
    'endpointslices -n shop -l kubernetes.io/service-name=nobody -o yaml',
    'deployment web -n shop -o yaml',
    'service kubernetes -o yaml',
    'pod done -n shop -o yaml',
  ])('%s', async (line) => {
    const command = ['get', ...line.split(' ')];
    const { exitCode, stdout, stderr } = await lab().kubectl(command);
    expect(exitCode).toBe(0);
    const file = `get ${line}`.replace(/[ ,=/]+/g, '-').replace(/-+/g, '-');
    const render = line.endsWith('yaml') ? yamlTranscript : transcript;
    await expect(render(command, stdout === '' ? stderr : stdout)).toMatchFileSnapshot(
      join(import.meta.dirname, 'golden', `${file}.txt`),
    );
  });
});

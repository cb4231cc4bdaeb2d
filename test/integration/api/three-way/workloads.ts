/** Deployments: containers and environment by name, volumes by name with one source each, probes, strategies, atomic lists. */
import { container, deployment, MAIN, main, POD, podChange, type ThreeWayCase } from './case.ts';

const env = (...names: string[]) => names.map((name) => ({ name, value: name.toLowerCase() }));
const http = { httpGet: { path: '/', port: 80 } };

export const WORKLOADS: readonly ThreeWayCase[] = [
  {
    what: 'replicas change',
    last: deployment({}, { replicas: 2 }),
    next: deployment({}, { replicas: 3 }),
    result: { 'spec.replicas': 3 },
  },
  {
    what: 'replicas that somebody has scaled are set back',
    last: deployment({}, { replicas: 2 }),
    live: { spec: { replicas: 9 } },
    next: deployment({}, { replicas: 2 }),
    result: { 'spec.replicas': 2 },
  },
  {
    what: 'replicas that nobody states stay as scaled',
    last: deployment({}),
    live: { spec: { replicas: 9 } },
    next: deployment({ terminationGracePeriodSeconds: 5 }),
    result: { 'spec.replicas': 9 },
  },
  {
    what: 'replicas are stated no longer: the default comes back',
    last: deployment({}, { replicas: 4 }),
    next: deployment({}),
    result: { 'spec.replicas': 1 },
  },
  {
    what: 'zero is a value',
    last: deployment({}, { replicas: 4 }),
    next: deployment({}, { replicas: 0 }),
    result: { 'spec.replicas': 0 },
  },
  {
    what: 'false is a value',
    last: deployment({}, { paused: true }),
    next: deployment({}, { paused: false }),
    result: { 'spec.paused': false },
  },
  {
    what: 'the image changes',
    last: main({ image: 'a' }),
    next: main({ image: 'b' }),
    result: { [`${MAIN}.image`]: 'b' },
  },
  {
    what: 'an image that somebody has set is set back',
    last: main({ image: 'a' }),
    live: podChange({ containers: [{ name: 'main', image: 'z' }] }),
    next: main({ image: 'a' }),
    result: { [`${MAIN}.image`]: 'a' },
  },
  {
    what: 'a variable more',
    last: main({ env: env('A') }),
    next: main({ env: env('A', 'B') }),
    result: { [`${MAIN}.env`]: env('A', 'B') },
  },
  {
    what: 'a variable less',
    last: main({ env: env('A', 'B') }),
    next: main({ env: env('B') }),
    result: { [`${MAIN}.env`]: env('B') },
  },
  {
    what: 'all variables go',
    last: main({ env: env('A', 'B') }),
    next: main({}),
    result: { [`${MAIN}.env`]: undefined },
  },
  {
    what: 'variables in another order',
    last: main({ env: env('A', 'B', 'C') }),
    next: main({ env: env('C', 'A', 'B') }),
    result: { [`${MAIN}.env`]: env('C', 'A', 'B') },
  },
  {
    what: 'a variable of somebody else stays where it is',
    last: main({ env: env('A') }),
    live: podChange({ containers: [{ name: 'main', env: env('Z') }] }),
    next: main({ env: env('A', 'B') }),
    result: { [`${MAIN}.env`]: env('Z', 'A', 'B') },
  },
  {
    what: 'all variables go, somebody else’s too: the list itself was applied',
    last: main({ env: env('A') }),
    live: podChange({ containers: [{ name: 'main', env: env('Z') }] }),
    next: main({}),
    result: { [`${MAIN}.env`]: undefined },
  },
  {
    what: 'a value gives way to a reference',
    last: main({ env: [{ name: 'A', value: 'x' }] }),
    next: main({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    result: {
      [`${MAIN}.env`]: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    },
  },
  {
    what: 'one reference gives way to another',
    last: main({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] }),
    next: main({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
    result: { [`${MAIN}.env`]: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
  },
  {
    what: 'arguments are replaced as a whole',
    last: main({ args: ['a', 'b'] }),
    live: podChange({ containers: [{ name: 'main', args: ['z'] }] }),
    next: main({ args: ['b', 'c'] }),
    result: { [`${MAIN}.args`]: ['b', 'c'] },
  },
  {
    what: 'a container more',
    last: main({}),
    next: deployment({ containers: [container(), container({ name: 'side' })] }),
    result: { [`${MAIN}.name`]: 'main', [`${POD}.containers.1.name`]: 'side', [`${POD}.containers.2`]: undefined },
  },
  {
    what: 'a container in front',
    last: main({}),
    next: deployment({ containers: [container({ name: 'side' }), container()] }),
    result: { [`${MAIN}.name`]: 'side', [`${POD}.containers.1.name`]: 'main' },
  },
  {
    what: 'a container less',
    last: deployment({ containers: [container(), container({ name: 'side' })] }),
    next: main({}),
    result: { [`${MAIN}.name`]: 'main', [`${POD}.containers.1`]: undefined },
  },
  {
    what: 'a container is renamed',
    last: main({ env: env('A') }),
    next: deployment({ containers: [container({ name: 'renamed' })] }),
    result: { [`${MAIN}.name`]: 'renamed', [`${MAIN}.env`]: undefined, [`${POD}.containers.1`]: undefined },
  },
  {
    what: 'a container that somebody has put in stays',
    last: main({}),
    live: podChange({ containers: [container({ name: 'injected' })] }),
    next: main({ image: 'b' }),
    result: { [`${MAIN}.name`]: 'injected', [`${POD}.containers.1.image`]: 'b' },
  },
  {
    what: 'containers change places, each with what is its own',
    last: deployment({ containers: [container({ env: env('A') }), container({ name: 'side', env: env('B') })] }),
    next: deployment({ containers: [container({ name: 'side', env: env('B') }), container({ env: env('A') })] }),
    result: { [`${MAIN}.env`]: env('B'), [`${POD}.containers.1.env`]: env('A') },
  },
  {
    what: 'init containers come and go',
    last: deployment({ initContainers: [container({ name: 'i1' })] }),
    next: deployment({ initContainers: [container({ name: 'i2' })] }),
    result: { [`${POD}.initContainers.0.name`]: 'i2', [`${POD}.initContainers.1`]: undefined },
  },
  {
    what: 'a container port gets a name',
    last: main({ ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] }),
    next: main({
      ports: [
        { containerPort: 80, name: 'web' },
        { containerPort: 53, protocol: 'UDP' },
      ],
    }),
    result: {
      [`${MAIN}.ports`]: [
        { containerPort: 80, name: 'web', protocol: 'TCP' },
        { containerPort: 53, protocol: 'UDP' },
      ],
    },
  },
  {
    what: 'a container port less',
    last: main({ ports: [{ containerPort: 80 }, { containerPort: 443 }] }),
    next: main({ ports: [{ containerPort: 443 }] }),
    result: { [`${MAIN}.ports`]: [{ containerPort: 443, protocol: 'TCP' }] },
  },
  {
    what: 'a probe changes its way of asking',
    last: main({ livenessProbe: http }),
    next: main({ livenessProbe: { tcpSocket: { port: 80 } } }),
    result: { [`${MAIN}.livenessProbe.httpGet`]: undefined, [`${MAIN}.livenessProbe.tcpSocket`]: { port: 80 } },
  },
  {
    what: 'a probe’s period is stated no longer: the default comes back',
    last: main({ livenessProbe: { ...http, periodSeconds: 3 } }),
    next: main({ livenessProbe: http }),
    result: { [`${MAIN}.livenessProbe.periodSeconds`]: 10 },
  },
  {
    what: 'a probe goes',
    last: main({ livenessProbe: http, readinessProbe: http }),
    next: main({ readinessProbe: http }),
    result: { [`${MAIN}.livenessProbe`]: undefined, [`${MAIN}.readinessProbe.httpGet.path`]: '/' },
  },
  {
    what: 'limits: one changes, one goes, one is somebody else’s',
    last: main({ resources: { limits: { cpu: '1', memory: '1Gi' } } }),
    live: podChange({ containers: [{ name: 'main', resources: { limits: { 'example.com/x': '1' } } }] }),
    next: main({ resources: { limits: { cpu: '500m' } } }),
    result: { [`${MAIN}.resources`]: { limits: { cpu: '500m', 'example.com/x': '1' } } },
  },
  {
    what: 'volumes: one more, one less',
    last: deployment({ volumes: [{ name: 'a', emptyDir: {} }] }),
    next: deployment({ volumes: [{ name: 'b', emptyDir: {} }] }),
    result: { [`${POD}.volumes`]: [{ name: 'b', emptyDir: {} }] },
  },
  {
    what: 'a volume changes its source',
    last: deployment({ volumes: [{ name: 'a', emptyDir: {} }] }),
    next: deployment({ volumes: [{ name: 'a', hostPath: { path: '/x', type: '' } }] }),
    result: {
      [`${POD}.volumes.0.emptyDir`]: undefined,
      [`${POD}.volumes.0.hostPath.path`]: '/x',
      [`${POD}.volumes.1`]: undefined,
    },
  },
  {
    what: 'a volume changes its source while somebody else has set the old one',
    last: deployment({ volumes: [{ name: 'a', emptyDir: {} }] }),
    live: podChange({ volumes: [{ name: 'a', emptyDir: { medium: 'Memory' } }] }),
    next: deployment({ volumes: [{ name: 'a', configMap: { name: 'c' } }] }),
    result: { [`${POD}.volumes.0.emptyDir`]: undefined, [`${POD}.volumes.0.configMap.name`]: 'c' },
  },
  {
    what: 'mounts go by their path',
    last: deployment({
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [container({ volumeMounts: [{ name: 'v', mountPath: '/a' }] })],
    }),
    next: deployment({
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [
        container({
          volumeMounts: [
            { name: 'v', mountPath: '/b' },
            { name: 'v', mountPath: '/a', readOnly: true },
          ],
        }),
      ],
    }),
    result: {
      [`${MAIN}.volumeMounts`]: [
        { name: 'v', mountPath: '/b' },
        { name: 'v', mountPath: '/a', readOnly: true },
      ],
    },
  },
  {
    what: 'the strategy becomes Recreate: what belongs to the other goes',
    last: deployment({}, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2 } } }),
    next: deployment({}, { strategy: { type: 'Recreate' } }),
    result: { 'spec.strategy': { type: 'Recreate' } },
  },
  {
    what: 'the strategy becomes Recreate although it was never stated',
    last: deployment({}),
    next: deployment({}, { strategy: { type: 'Recreate' } }),
    result: { 'spec.strategy': { type: 'Recreate' } },
  },
  {
    what: 'a node selector key is exchanged',
    last: deployment({ nodeSelector: { a: '1', b: '2' } }),
    live: podChange({ nodeSelector: { z: '9' } }),
    next: deployment({ nodeSelector: { b: '2', c: '3' } }),
    result: { [`${POD}.nodeSelector`]: { b: '2', c: '3', z: '9' } },
  },
  {
    what: 'tolerations are replaced as a whole',
    last: deployment({ tolerations: [{ key: 'a', operator: 'Exists' }] }),
    live: podChange({ tolerations: [{ key: 'z', operator: 'Exists' }] }),
    next: deployment({ tolerations: [{ key: 'b', operator: 'Exists' }] }),
    result: { [`${POD}.tolerations`]: [{ key: 'b', operator: 'Exists' }] },
  },
  {
    what: 'host aliases go by address',
    last: deployment({ hostAliases: [{ ip: '192.0.2.1', hostnames: ['a'] }] }),
    live: podChange({ hostAliases: [{ ip: '192.0.2.9', hostnames: ['z'] }] }),
    next: deployment({ hostAliases: [{ ip: '192.0.2.1', hostnames: ['b'] }] }),
    result: {
      [`${POD}.hostAliases`]: [
        { ip: '192.0.2.9', hostnames: ['z'] },
        { ip: '192.0.2.1', hostnames: ['b'] },
      ],
    },
  },
  {
    what: 'labels of the template: one more, and one of somebody else',
    last: deployment({}),
    live: { spec: { template: { metadata: { labels: { z: '9' } } } } },
    next: deployment(
      {},
      { template: { metadata: { labels: { app: 'x', tier: 'y' } }, spec: { containers: [container()] } } },
    ),
    result: { 'spec.template.metadata.labels': { app: 'x', tier: 'y', z: '9' } },
  },
  {
    what: 'an annotation of kubectl rollout restart stays',
    last: deployment({}),
    live: { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } } },
    next: main({ image: 'b' }),
    result: { 'spec.template.metadata.annotations': { 'kubectl.kubernetes.io/restartedAt': 'now' } },
  },
];

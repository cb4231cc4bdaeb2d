import { describe, expect, it } from 'vitest';
import type { Deployment, Namespace, Pod, Secret, Service } from '../../../src/objects/wire.ts';
import { type Draft, Pipeline } from '../pipeline.ts';

const create = <T>(draft: Draft): T => {
  const { object, errors } = new Pipeline().create<T>(draft);
  expect(errors).toEqual([]);
  return object;
};

const TOLERATIONS = ['not-ready', 'unreachable'].map((condition) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

describe('defaults', () => {
  it('of a Service of type ClusterIP', () => {
    const spec = { clusterIP: '10.96.0.20', selector: { app: 'web' }, ports: [{ port: 80 }] };
    expect(create<Service>({ kind: 'Service', metadata: { name: 'web' }, spec })).toEqual({
      kind: 'Service',
      metadata: { name: 'web' },
      spec: {
        clusterIP: '10.96.0.20',
        clusterIPs: ['10.96.0.20'],
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        selector: { app: 'web' },
        sessionAffinity: 'None',
        type: 'ClusterIP',
      },
      status: { loadBalancer: {} },
    });
  });

  it('of a Service of type LoadBalancer with affinity', () => {
    const spec = { type: 'LoadBalancer', sessionAffinity: 'ClientIP', ports: [{ port: 80, targetPort: 'http' }] };
    expect(create<Service>({ kind: 'Service', metadata: { name: 'web' }, spec }).spec).toMatchObject({
      allocateLoadBalancerNodePorts: true,
      externalTrafficPolicy: 'Cluster',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
      ports: [{ port: 80, protocol: 'TCP', targetPort: 'http', nodePort: expect.any(Number) }],
    });
  });

  it('of a Service of type ExternalName: no addresses, no policies', () => {
    const spec = { type: 'ExternalName', externalName: 'db.example' };
    expect(create<Service>({ kind: 'Service', metadata: { name: 'db' }, spec }).spec).toEqual({
      externalName: 'db.example',
      sessionAffinity: 'None',
      type: 'ExternalName',
    });
  });

  it('of a Pod', () => {
    const containers = [
      { name: 'web', image: 'nginx', ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: 80 } } },
    ];
    expect(create<Pod>({ kind: 'Pod', metadata: { name: 'web' }, spec: { containers } })).toEqual({
      kind: 'Pod',
      metadata: { name: 'web', generation: 1 },
      spec: {
        containers: [
          {
            image: 'nginx',
            imagePullPolicy: 'Always',
            name: 'web',
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            readinessProbe: {
              failureThreshold: 3,
              httpGet: { path: '/', port: 80, scheme: 'HTTP' },
              periodSeconds: 10,
              successThreshold: 1,
              timeoutSeconds: 1,
            },
            resources: {},
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
        ],
        dnsPolicy: 'ClusterFirst',
        enableServiceLinks: true,
        preemptionPolicy: 'PreemptLowerPriority',
        priority: 0,
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        serviceAccount: 'default',
        serviceAccountName: 'default',
        terminationGracePeriodSeconds: 30,
        tolerations: TOLERATIONS,
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.25', 'IfNotPresent'],
    ['registry.example:5000/nginx', 'Always'],
    ['registry.example:5000/nginx:1.25', 'IfNotPresent'],
    ['nginx@sha256:abc', 'IfNotPresent'],
  ])('the pull policy of %s is %s', (image, policy) => {
    const pod = create<Pod>({ kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'a', image }] } });
    expect(pod.spec?.containers[0]?.imagePullPolicy).toBe(policy);
  });

  it('of a Deployment', () => {
    const spec = {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
    };
    const { spec: found, status } = create<Deployment>({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec,
    });
    expect(found).toMatchObject({
      progressDeadlineSeconds: 600,
      replicas: 1,
      revisionHistoryLimit: 10,
      strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' },
    });
    // A template is not a pod: what admission adds to pods is not in it.
    expect(found?.template.spec).toEqual({
      containers: [
        {
          image: 'nginx:1',
          imagePullPolicy: 'IfNotPresent',
          name: 'web',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
    expect(status).toEqual({});
  });

  it('of a Namespace, and what it brings', () => {
    const pipeline = new Pipeline();
    const { object } = pipeline.create<Namespace>({ kind: 'Namespace', metadata: { name: 'team' } });
    expect(object).toEqual({
      kind: 'Namespace',
      metadata: { name: 'team', labels: { 'kubernetes.io/metadata.name': 'team' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    const context = { now: '', get: () => undefined, list: () => [], warn: () => undefined, dryRun: false };
    const companions = pipeline.of(object as Draft).strategy.afterCreate?.(object, context) ?? [];
    expect(companions.map(({ kind, metadata }) => `${kind} ${metadata?.namespace}/${metadata?.name}`)).toEqual([
      'ServiceAccount team/default',
      'ConfigMap team/kube-root-ca.crt',
    ]);
    expect(companions[1]).toMatchObject({ data: { 'ca.crt': 'PEM' } });
  });

  it('of a Secret: its texts become data', () => {
    const secret = create<Secret>({
      kind: 'Secret',
      metadata: { name: 'a' },
      data: { a: 'MQ==' },
      stringData: { b: '2' },
    });
    expect(secret).toMatchObject({ type: 'Opaque', data: { a: 'MQ==', b: 'Mg==' } });
    expect(secret).not.toHaveProperty('stringData');
  });

  it('are idempotent', () => {
    const pipeline = new Pipeline();
    for (const draft of [
      {
        kind: 'Pod',
        metadata: { name: 'a' },
        spec: { containers: [{ name: 'a', image: 'b' }], volumes: [{ name: 'v' }] },
      },
      { kind: 'Service', metadata: { name: 'a' }, spec: { type: 'LoadBalancer', ports: [{ port: 1 }] } },
    ]) {
      const { object } = pipeline.create<Draft>(draft);
      const again = structuredClone(object);
      pipeline.of(draft).strategy.setDefaults?.(again as never);
      expect(again).toEqual(object);
    }
  });
});

describe('quality of service', () => {
  const quality = (resources: object): string | undefined =>
    create<Pod>({ kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'a', image: 'b', resources }] } })
      .status?.qosClass;
  it.each([
    ['nothing asked', {}, 'BestEffort'],
    ['a request', { requests: { cpu: '100m' } }, 'Burstable'],
    ['limits of both', { limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [
      'equal in other words',
      { requests: { cpu: '1000m', memory: '1024Mi' }, limits: { cpu: '1', memory: '1Gi' } },
      'Guaranteed',
    ],
    ['a limit of one', { limits: { cpu: '1' } }, 'Burstable'],
  ])('%s: %s', (_name, resources, expected) => {
    expect(quality(resources)).toBe(expected);
  });
});

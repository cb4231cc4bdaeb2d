import { describe, expect, it } from 'vitest';
import { DefinitionIndex } from '../../../src/api/definition-index.ts';
import { humanDuration } from '../../../src/api/kinds/age.ts';
import { summarizePod } from '../../../src/api/kinds/pod-cells.ts';
import { createRegistry } from '../../../src/api/registry.ts';
import type { ApiObject, Pod } from '../../../src/objects/wire.ts';

const CREATED = '2026-01-02T03:00:00Z';
const NOW = Date.parse('2026-01-02T03:05:10Z');
const definitions = new DefinitionIndex(
  createRegistry({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: '' }).definitions,
);

/** Header and cells as kubectl prints them. */
function row(apiVersion: string, kind: string, object: object, wide = false): Record<string, string> {
  const { table } = definitions.byKind(apiVersion, kind)!;
  const cells = table.cells({ metadata: { name: 'web', creationTimestamp: CREATED }, ...object } as ApiObject, NOW);
  const shown = table.columns
    .map((column, index) => [column, cells[index]] as const)
    .filter(([{ priority }]) => wide || priority === 0);
  return Object.fromEntries(shown.map(([{ name }, cell]) => [name.toUpperCase(), String(cell)]));
}

describe('ages', () => {
  const [m, h, d] = [60, 3600, 86400];
  it.each<[number, string]>([
    [-5, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [125, '2m5s'],
    [10 * m + 30, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [3 * h + 5 * m, '3h5m'],
    [8 * h + 59 * m, '8h'],
    [47 * h, '47h'],
    [2 * d, '2d'],
    [2 * d + 3 * h, '2d3h'],
    [8 * d + 3 * h, '8d'],
    [729 * d, '729d'],
    [730 * d, '2y'],
    [735 * d, '2y5d'],
    [3000 * d, '8y'],
  ])('%i s: %s', (seconds, text) => {
    expect(humanDuration(seconds * 1000)).toBe(text);
  });
});

describe('kubectl get', () => {
  it('network policies', () => {
    const networking = 'networking.k8s.io/v1';
    const spec = { podSelector: { matchLabels: { app: 'db' } } };
    expect(row(networking, 'NetworkPolicy', { spec })).toEqual({ NAME: 'web', 'POD-SELECTOR': 'app=db', AGE: '5m10s' });
    expect(row(networking, 'NetworkPolicy', { spec: { podSelector: {} } })['POD-SELECTOR']).toBe('<none>');
  });

  it('ingresses', () => {
    const networking = 'networking.k8s.io/v1';
    const hosts = (...names: (string | undefined)[]) => ({ rules: names.map((host) => ({ host })) });
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
    const spec = { ...hosts('a', 'b', 'c', 'd', 'e'), ingressClassName: 'nginx', tls: [{}] };
    expect(row(networking, 'Ingress', { spec, status })).toEqual({
      NAME: 'web',
      CLASS: 'nginx',
      HOSTS: 'a,b,c + 2 more...',
      ADDRESS: '192.0.2.1',
      PORTS: '80, 443',
      AGE: '5m10s',
    });
    expect(row(networking, 'Ingress', { spec: hosts('a', 'b', 'c') }).HOSTS).toBe('a,b,c');
    expect(row(networking, 'Ingress', { spec: hosts(undefined, 'b', 'c', 'd') }).HOSTS).toBe('b,c,d');
    expect(row(networking, 'Ingress', { spec: hosts('b', 'c', 'd', undefined) }).HOSTS).toBe('b,c,d + 1 more...');
    expect(row(networking, 'Ingress', { spec: {} })).toMatchObject({
      CLASS: '<none>',
      HOSTS: '*',
      ADDRESS: '',
      PORTS: '80',
    });
  });

  it('ingress classes', () => {
    const networking = 'networking.k8s.io/v1';
    const parameters = { apiGroup: 'example.com', kind: 'IngressParameters', name: 'external' };
    expect(row(networking, 'IngressClass', { spec: { controller: 'example.com/c', parameters } })).toEqual({
      NAME: 'web',
      CONTROLLER: 'example.com/c',
      PARAMETERS: 'IngressParameters.example.com/external',
      AGE: '5m10s',
    });
    expect(row(networking, 'IngressClass', { spec: { controller: 'example.com/c' } }).PARAMETERS).toBe('<none>');
  });

  it('services', () => {
    const ports = [
      { port: 80, nodePort: 30078, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
    ];
    const spec = { type: 'NodePort', clusterIP: '10.96.0.20', ports, selector: { tier: 'b', app: 'a' } };
    expect(row('v1', 'Service', { spec }, true)).toEqual({
      NAME: 'web',
      TYPE: 'NodePort',
      'CLUSTER-IP': '10.96.0.20',
      'EXTERNAL-IP': '<none>',
      'PORT(S)': '80:30078/TCP,53/UDP',
      AGE: '5m10s',
      SELECTOR: 'app=a,tier=b',
    });
  });

  it.each<[string, object, object, string]>([
    ['a load balancer that waits', { type: 'LoadBalancer' }, {}, '<pending>'],
    [
      'a load balancer',
      { type: 'LoadBalancer' },
      { loadBalancer: { ingress: [{ ip: '192.168.1.240' }] } },
      '192.168.1.240',
    ],
    [
      'a load balancer with own addresses',
      { type: 'LoadBalancer', externalIPs: ['1.2.3.4'] },
      { loadBalancer: { ingress: [{ ip: '5.6.7.8' }] } },
      '5.6.7.8,1.2.3.4',
    ],
    ['external IPs', { type: 'ClusterIP', externalIPs: ['1.2.3.4'] }, {}, '1.2.3.4'],
    ['another name', { type: 'ExternalName', externalName: 'db.example' }, {}, 'db.example'],
  ])('services: EXTERNAL-IP of %s', (_name, spec, status, shown) => {
    expect(row('v1', 'Service', { spec, status })['EXTERNAL-IP']).toBe(shown);
  });

  it('services without address, ports and selector', () => {
    expect(row('v1', 'Service', { spec: { type: 'ExternalName', externalName: 'a' } }, true)).toMatchObject({
      'CLUSTER-IP': '<none>',
      'PORT(S)': '<none>',
      SELECTOR: '<none>',
    });
  });

  it('endpoints: three, then how many more', () => {
    const subset = (count: number) => ({
      addresses: Array.from({ length: count }, (_, index) => ({ ip: `10.0.0.${index}` })),
      ports: [{ port: 80 }],
    });
    expect(row('v1', 'Endpoints', { subsets: [subset(2)] }).ENDPOINTS).toBe('10.0.0.0:80,10.0.0.1:80');
    expect(row('v1', 'Endpoints', { subsets: [subset(5)] }).ENDPOINTS).toBe(
      '10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 2 more...',
    );
    expect(row('v1', 'Endpoints', {}).ENDPOINTS).toBe('<none>');
  });

  it('endpointslices', () => {
    const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }];
    const slice = { addressType: 'IPv4', ports: [{ port: 80 }, { name: 'x' }], endpoints };
    expect(row('discovery.k8s.io/v1', 'EndpointSlice', slice)).toMatchObject({
      ADDRESSTYPE: 'IPv4',
      PORTS: '80,x',
      ENDPOINTS: '10.0.0.1,10.0.0.2',
    });
    expect(row('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4' })).toMatchObject({
      PORTS: '<unset>',
      ENDPOINTS: '<unset>',
    });
  });

  it('deployments', () => {
    const template = {
      spec: {
        containers: [
          { name: 'a', image: 'x:1' },
          { name: 'b', image: 'y:2' },
        ],
      },
    };
    const spec = { replicas: 3, selector: { matchLabels: { app: 'web' } }, template };
    const status = { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 };
    expect(row('apps/v1', 'Deployment', { spec, status }, true)).toEqual({
      NAME: 'web',
      READY: '1/3',
      'UP-TO-DATE': '2',
      AVAILABLE: '1',
      AGE: '5m10s',
      CONTAINERS: 'a,b',
      IMAGES: 'x:1,y:2',
      SELECTOR: 'app=web',
    });
  });

  it('nodes', () => {
    const metadata = {
      name: 'control-plane',
      creationTimestamp: CREATED,
      labels: { 'node-role.kubernetes.io/control-plane': '' },
    };
    const status = {
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { kubeletVersion: 'v1.36.0' },
      addresses: [{ type: 'InternalIP', address: '192.168.1.10' }],
    };
    expect(row('v1', 'Node', { metadata, spec: { unschedulable: true }, status }, true)).toMatchObject({
      STATUS: 'Ready,SchedulingDisabled',
      ROLES: 'control-plane',
      VERSION: 'v1.36.0',
      'INTERNAL-IP': '192.168.1.10',
      'EXTERNAL-IP': '<none>',
    });
    expect(row('v1', 'Node', {}).STATUS).toBe('Unknown');
    expect(row('v1', 'Node', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } })).toMatchObject({
      STATUS: 'NotReady',
      ROLES: '<none>',
    });
  });

  it('events', () => {
    const event = {
      type: 'Warning',
      reason: 'BackOff',
      message: 'restarting\n',
      involvedObject: { kind: 'Pod', name: 'web' },
      lastTimestamp: '2026-01-02T03:05:00Z',
      count: 4,
      source: { component: 'kubelet', host: 'node-1' },
    };
    expect(row('v1', 'Event', event, true)).toMatchObject({
      'LAST SEEN': '10s',
      OBJECT: 'pod/web',
      MESSAGE: 'restarting',
      SOURCE: 'kubelet, node-1',
      COUNT: '4',
    });
  });
});

describe('kubectl get pods', () => {
  const running = (name: string, fields: object = {}) => ({
    name,
    ready: true,
    restartCount: 0,
    state: { running: {} },
    ...fields,
  });
  const waiting = (name: string, reason: string, fields: object = {}) => ({
    name,
    ready: false,
    restartCount: 0,
    state: { waiting: { reason } },
    ...fields,
  });
  const ended = (name: string, exitCode: number, reason?: string) => ({
    name,
    ready: false,
    restartCount: 0,
    state: { terminated: { exitCode, reason } },
  });
  const ready = { type: 'Ready', status: 'True' };
  const pod = (status: object, spec: object = {}, metadata: object = {}): Pod =>
    ({ metadata, spec: { containers: [{ name: 'a' }], ...spec }, status }) as unknown as Pod;

  it.each<[string, Pod, string, string, string]>([
    ['waits for a node', pod({ phase: 'Pending' }), '0/1', 'Pending', '0'],
    [
      'starts',
      pod({ phase: 'Pending', containerStatuses: [waiting('a', 'ContainerCreating')] }),
      '0/1',
      'ContainerCreating',
      '0',
    ],
    ['runs', pod({ phase: 'Running', containerStatuses: [running('a')] }), '1/1', 'Running', '0'],
    [
      'runs, not ready',
      pod({ phase: 'Running', containerStatuses: [running('a', { ready: false })] }),
      '0/1',
      'Running',
      '0',
    ],
    [
      'crashes',
      pod({
        phase: 'Running',
        containerStatuses: [
          waiting('a', 'CrashLoopBackOff', {
            restartCount: 2,
            lastState: { terminated: { finishedAt: '2026-01-02T03:05:05Z' } },
          }),
        ],
      }),
      '0/1',
      'CrashLoopBackOff',
      '2 (5s ago)',
    ],
    [
      'has ended well',
      pod({ phase: 'Succeeded', containerStatuses: [ended('a', 0, 'Completed')] }),
      '0/1',
      'Completed',
      '0',
    ],
    ['has failed', pod({ phase: 'Failed', containerStatuses: [ended('a', 1, 'Error')] }), '0/1', 'Error', '0'],
    [
      'has failed without reason',
      pod({ phase: 'Failed', containerStatuses: [ended('a', 3)] }),
      '0/1',
      'ExitCode:3',
      '0',
    ],
    [
      'half ended, half ready',
      pod(
        { phase: 'Running', conditions: [ready], containerStatuses: [ended('a', 0, 'Completed'), running('b')] },
        { containers: [{ name: 'a' }, { name: 'b' }] },
      ),
      '1/2',
      'Running',
      '0',
    ],
    [
      'half ended, not ready',
      pod(
        { phase: 'Running', containerStatuses: [ended('a', 0, 'Completed'), running('b')] },
        { containers: [{ name: 'a' }, { name: 'b' }] },
      ),
      '1/2',
      'NotReady',
      '0',
    ],
    [
      'initialises',
      pod(
        { phase: 'Pending', initContainerStatuses: [running('i')] },
        { initContainers: [{ name: 'i' }, { name: 'j' }] },
      ),
      '0/1',
      'Init:0/2',
      '0',
    ],
    [
      'initialises the second',
      pod(
        { phase: 'Pending', initContainerStatuses: [ended('i', 0), waiting('j', 'PodInitializing')] },
        { initContainers: [{ name: 'i' }, { name: 'j' }] },
      ),
      '0/1',
      'Init:1/2',
      '0',
    ],
    [
      'fails to initialise',
      pod({ phase: 'Pending', initContainerStatuses: [ended('i', 1, 'Error')] }, { initContainers: [{ name: 'i' }] }),
      '0/1',
      'Init:Error',
      '0',
    ],
    [
      'crashes at initialising',
      pod(
        { phase: 'Pending', initContainerStatuses: [waiting('i', 'CrashLoopBackOff')] },
        { initContainers: [{ name: 'i' }] },
      ),
      '0/1',
      'Init:CrashLoopBackOff',
      '0',
    ],
    [
      'has a sidecar',
      pod(
        {
          phase: 'Running',
          initContainerStatuses: [running('s', { started: true })],
          containerStatuses: [running('a')],
        },
        { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      ),
      '2/2',
      'Running',
      '0',
    ],
    [
      'is being deleted',
      pod({ phase: 'Running', containerStatuses: [running('a')] }, {}, { deletionTimestamp: CREATED }),
      '1/1',
      'Terminating',
      '0',
    ],
    [
      'has ended and is being deleted',
      pod({ phase: 'Succeeded', containerStatuses: [ended('a', 0, 'Completed')] }, {}, { deletionTimestamp: CREATED }),
      '0/1',
      'Completed',
      '0',
    ],
    ['is evicted', pod({ phase: 'Failed', reason: 'Evicted' }), '0/1', 'Evicted', '0'],
    [
      'is gated',
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
      '0/1',
      'SchedulingGated',
      '0',
    ],
  ])('one that %s', (_name, object, readyCell, status, restarts) => {
    expect(summarizePod(object, NOW)).toEqual({ ready: readyCell, status, restarts });
  });
});

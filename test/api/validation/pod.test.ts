import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/objects/wire.ts';
import { type Draft, Pipeline } from '../pipeline.ts';

const WEB = { name: 'web', image: 'nginx' };

function pod(spec: object): Draft {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec };
}

const container = (fields: object) => ({ containers: [{ ...WEB, ...fields }] });

describe('a Pod is refused', () => {
  it.each<[string, object, string[]]>([
    ['without containers', { containers: [] }, ['spec.containers: Required value']],
    ['with a container without image', { containers: [{ name: 'web' }] }, ['spec.containers[0].image: Required value']],
    ['with a container without name', { containers: [{ image: 'a' }] }, ['spec.containers[0].name: Required value']],
    ['with one name twice', { containers: [WEB, WEB] }, ['spec.containers[1].name: Duplicate value: "web"']],
    [
      'with an init container of the same name',
      { containers: [WEB], initContainers: [WEB] },
      ['spec.initContainers[0].name: Duplicate value: "web"'],
    ],
    [
      'with a port too large',
      container({ ports: [{ containerPort: 70000 }] }),
      ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'with a port of no number',
      container({ ports: [{ name: 'a' }] }),
      ['spec.containers[0].ports[0].containerPort: Required value'],
    ],
    [
      'with a bad port name',
      container({ ports: [{ containerPort: 1, name: '80' }] }),
      ['spec.containers[0].ports[0].name: Invalid value: "80": must contain at least one letter (a-z)'],
    ],
    [
      'with a port name twice',
      container({
        ports: [
          { containerPort: 1, name: 'a' },
          { containerPort: 2, name: 'a' },
        ],
      }),
      ['spec.containers[0].ports[1].name: Duplicate value: "a"'],
    ],
    [
      'with an unknown protocol',
      container({ ports: [{ containerPort: 1, protocol: 'tcp' }] }),
      ['spec.containers[0].ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'with an unknown pull policy',
      container({ imagePullPolicy: 'Sometimes' }),
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
    [
      'with an unknown restart policy',
      { containers: [WEB], restartPolicy: 'Maybe' },
      ['spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      'with an unknown DNS policy',
      { containers: [WEB], dnsPolicy: 'Cluster' },
      [
        'spec.dnsPolicy: Unsupported value: "Cluster": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
      ],
    ],
    [
      'with DNS policy None alone',
      { containers: [WEB], dnsPolicy: 'None' },
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      'with a probe that does nothing',
      container({ readinessProbe: {} }),
      ['spec.containers[0].readinessProbe: Required value: must specify a handler type'],
    ],
    [
      'with a probe that does two things',
      container({ readinessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
      ['spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type'],
    ],
    [
      'with a liveness probe that wants two successes',
      container({ livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }),
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      'with a negative delay',
      container({ livenessProbe: { tcpSocket: { port: 1 }, initialDelaySeconds: -1 } }),
      ['spec.containers[0].livenessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'with a mount of no volume',
      container({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      'with a volume of two kinds',
      { containers: [WEB], volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      'with an environment variable of no name',
      container({ env: [{ value: '1' }] }),
      ['spec.containers[0].env[0].name: Required value'],
    ],
    [
      'with an environment variable of two sources',
      container({ env: [{ name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      'with a request above its limit',
      container({ resources: { requests: { cpu: '200m' }, limits: { cpu: '100m' } } }),
      ['spec.containers[0].resources.requests: Invalid value: "200m": must be less than or equal to cpu limit of 100m'],
    ],
    [
      'with a bad host name',
      { containers: [WEB], hostname: 'a.b' },
      ['spec.hostname: Invalid value: "a.b": must not contain dots'],
    ],
  ])('%s', (_name, spec, errors) => {
    expect(new Pipeline().create(pod(spec)).errors).toEqual(errors);
  });
});

describe('a change of a Pod', () => {
  const pipeline = new Pipeline();
  const stored = pipeline.create<Pod>(pod({ containers: [WEB] })).object as Draft;
  const changed = (change: (spec: NonNullable<Pod['spec']>) => void): string[] => {
    const next = structuredClone(stored);
    change(next.spec as NonNullable<Pod['spec']>);
    return pipeline.update(stored, next).errors;
  };

  it('may be of an image', () => {
    expect(
      changed((spec) => {
        spec.containers[0]!.image = 'nginx:2';
      }),
    ).toEqual([]);
  });

  it('may be a further toleration', () => {
    expect(changed((spec) => spec.tolerations?.push({ key: 'a', operator: 'Exists' }))).toEqual([]);
  });

  it('may not be of anything else; the message says which and what', () => {
    expect(
      changed((spec) => {
        spec.restartPolicy = 'Never';
      }),
    ).toEqual([
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n- spec.restartPolicy: "Always"\n+ spec.restartPolicy: "Never"\n',
    ]);
  });

  it('may not add a container', () => {
    expect(changed((spec) => spec.containers.push({ name: 'b', image: 'b' }))).toEqual([
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ]);
  });
});

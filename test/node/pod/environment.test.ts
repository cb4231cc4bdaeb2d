import { describe, expect, it } from 'vitest';
import type { ConfigSource } from '../../../src/node/pod/config-source.ts';
import { containerEnvironment } from '../../../src/node/pod/container-environment.ts';
import { expand } from '../../../src/node/pod/expand.ts';
import { serviceEnvironment } from '../../../src/node/pod/service-environment.ts';
import type { Container, Pod, Service } from '../../../src/objects/wire.ts';

const service = (name: string, namespace: string, spec: object): Service =>
  ({ metadata: { name, namespace }, spec }) as unknown as Service;
const KUBERNETES = service('kubernetes', 'default', { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] });

describe('expand', () => {
  it.each([
    ['$(A) $(B)', '1 $(B)'],
    ['$$(A) $$$(A)', '$(A) $1'],
    ['$A $( $', '$A $( $'],
    ['$(A$(A))', '$(A$(A))'],
  ])('%s → %s', (text, expected) => {
    expect(expand(text, { A: '1' })).toBe(expected);
  });
});

describe('serviceEnvironment', () => {
  const services = [
    KUBERNETES,
    service('my-svc', 'shop', {
      clusterIP: '10.96.1.1',
      ports: [
        { name: 'web', port: 80 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    }),
    service('headless', 'shop', { clusterIP: 'None', ports: [{ port: 80 }] }),
    service('other', 'else', { clusterIP: '10.96.1.2', ports: [{ port: 80 }] }),
  ];

  it("has the namespace's Services and default/kubernetes, in both forms", () => {
    expect(serviceEnvironment(services, 'shop')).toEqual({
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      KUBERNETES_PORT: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
      KUBERNETES_PORT_443_TCP_PORT: '443',
      KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
      MY_SVC_SERVICE_HOST: '10.96.1.1',
      MY_SVC_SERVICE_PORT: '80',
      MY_SVC_SERVICE_PORT_WEB: '80',
      MY_SVC_SERVICE_PORT_DNS: '53',
      MY_SVC_PORT: 'tcp://10.96.1.1:80',
      MY_SVC_PORT_80_TCP: 'tcp://10.96.1.1:80',
      MY_SVC_PORT_80_TCP_PROTO: 'tcp',
      MY_SVC_PORT_80_TCP_PORT: '80',
      MY_SVC_PORT_80_TCP_ADDR: '10.96.1.1',
      MY_SVC_PORT_53_UDP: 'udp://10.96.1.1:53',
      MY_SVC_PORT_53_UDP_PROTO: 'udp',
      MY_SVC_PORT_53_UDP_PORT: '53',
      MY_SVC_PORT_53_UDP_ADDR: '10.96.1.1',
    });
  });

  it('has only the API server without Service links', () => {
    expect(
      Object.keys(serviceEnvironment(services, 'shop', false)).every((name) => name.startsWith('KUBERNETES_')),
    ).toBe(true);
  });
});

describe('containerEnvironment', () => {
  const data: Record<string, Record<string, Buffer>> = { conf: { 'a-key': Buffer.from('A'), b: Buffer.from('B') } };
  const source: ConfigSource = {
    configMap: async (_namespace, name) => data[name],
    secret: async (_namespace, name) => data[name],
  };
  const pod = {
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'x' } },
    spec: { nodeName: 'node-1', containers: [] },
  } as unknown as Pod;
  const environment = (container: Partial<Container>) =>
    containerEnvironment({
      pod,
      container: { name: 'main', ...container } as Container,
      hostname: 'web',
      placement: {
        podIps: ['10.244.1.2', 'fd00:10:244:1::2'],
        hostIps: ['192.168.1.11', 'fd00:192:168:1::11'],
        allocatable: { cpu: '2', memory: '1048576Ki', pods: '110' },
      },
      services: [KUBERNETES],
      source,
    });

  it('has a PATH and the host name, envFrom with its prefix, env over both, in order', async () => {
    const env = await environment({
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'conf' } }],
      env: [
        { name: 'ONE', value: '1' },
        { name: 'TWO', value: '$(ONE)$(P_b)$(KUBERNETES_SERVICE_HOST)$(LATER)' },
        { name: 'LATER', value: 'x' },
        { name: 'HOSTNAME', value: 'mine' },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'conf', key: 'b' } } },
        { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'nowhere', key: 'x', optional: true } } },
      ] as Container['env'],
    });
    expect(env).toMatchObject({
      'P_a-key': 'A',
      TWO: '1B10.96.0.1$(LATER)',
      HOSTNAME: 'mine',
      IP: '10.244.1.2',
      APP: 'x',
      MEM: '1024',
      KEY: 'B',
      HOME: '/root',
    });
    expect(env.PATH).toContain('/usr/bin');
    expect(env).not.toHaveProperty('NONE');
  });

  it("refuses a reference to what is not there in the kubelet's words", async () => {
    await expect(environment({ envFrom: [{ secretRef: { name: 'no' } }] })).rejects.toThrow('secret "no" not found');
    await expect(
      environment({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'conf', key: 'no' } } }] }),
    ).rejects.toThrow("couldn't find key no in ConfigMap shop/conf");
  });
});

import { describe, expect, it } from 'vitest';
import type { Service } from '../../../src/objects/wire.ts';
import { type Draft, Pipeline } from '../pipeline.ts';

function service(spec: object, metadata: object = {}): Draft {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default', ...metadata }, spec };
}

const HTTP = { port: 80 };
const LABEL_FORM = "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe('a Service is refused', () => {
  it.each<[string, object, string[]]>([
    ['without ports', { ports: [] }, ['spec.ports: Required value']],
    [
      'with several ports and no names',
      { ports: [HTTP, { port: 443 }] },
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      'with one name twice',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'a', port: 2 },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      'with one port twice',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 1 },
        ],
      },
      ['spec.ports[1]: Duplicate value: {"port":1,"protocol":"TCP"}'],
    ],
    [
      'with port 0',
      { ports: [{ port: 0 }] },
      [
        'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'with port 65536',
      { ports: [{ port: 65536, targetPort: 80 }] },
      ['spec.ports[0].port: Invalid value: 65536: must be between 1 and 65535, inclusive'],
    ],
    [
      'with a bad port name',
      { ports: [{ name: 'HTTP', port: 80 }] },
      [
        `spec.ports[0].name: Invalid value: "HTTP": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character ${LABEL_FORM}`,
      ],
    ],
    [
      'with an unknown protocol',
      { ports: [{ port: 80, protocol: 'HTTP' }] },
      ['spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'with a bad name of a target port',
      { ports: [{ port: 80, targetPort: 'much-too-long-name' }] },
      ['spec.ports[0].targetPort: Invalid value: "much-too-long-name": must be no more than 15 bytes'],
    ],
    [
      'with an unknown type',
      { type: 'Public', ports: [HTTP] },
      [
        'spec.type: Unsupported value: "Public": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'with a node port of type ClusterIP',
      { ports: [{ port: 80, nodePort: 30000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'with a node port out of range',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      [
        'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
      ],
    ],
    [
      'with one node port twice',
      {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 1, nodePort: 30000 },
          { name: 'b', port: 2, nodePort: 30000 },
        ],
      },
      ['spec.ports[1].nodePort: Duplicate value: 30000'],
    ],
    [
      'with a cluster IP that is none',
      { clusterIP: '10.96.0', ports: [HTTP] },
      ['spec.clusterIPs[0]: Invalid value: "10.96.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'with a cluster IP out of range',
      { clusterIP: '10.10.5.1', ports: [HTTP] },
      [
        'spec.clusterIPs: Invalid value: ["10.10.5.1"]: failed to allocate IP 10.10.5.1: the provided network does not match the current range',
      ],
    ],
    [
      'with the address of the network',
      { clusterIP: '10.96.0.0', ports: [HTTP] },
      [
        'spec.clusterIPs: Invalid value: ["10.96.0.0"]: failed to allocate IP 10.96.0.0: the provided IP (10.96.0.0) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
      ],
    ],
    [
      'headless of type NodePort',
      { type: 'NodePort', clusterIP: 'None', ports: [HTTP] },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    ['of type ExternalName without a name', { type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      'of type ExternalName with a cluster IP',
      { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.96.0.9' },
      ['spec.clusterIPs: Forbidden: may not be set for ExternalName services'],
    ],
    [
      'with an unknown affinity',
      { sessionAffinity: 'Cookie', ports: [HTTP] },
      ['spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"'],
    ],
    [
      'with an affinity of no time',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } }, ports: [HTTP] },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'with a bad label in its selector',
      { selector: { app: 'a b' }, ports: [HTTP] },
      [
        "spec.selector: Invalid value: \"a b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [
      'with a loopback external IP',
      { externalIPs: ['127.0.0.1'], ports: [HTTP] },
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      'with source ranges without a load balancer',
      { loadBalancerSourceRanges: ['10.0.0.0/8'], ports: [HTTP] },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'with a bad source range',
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0'], ports: [HTTP] },
      [
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
    [
      'with an external policy inside',
      { externalTrafficPolicy: 'Local', ports: [HTTP] },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      'with an unknown internal policy',
      { internalTrafficPolicy: 'Node', ports: [HTTP] },
      ['spec.internalTrafficPolicy: Unsupported value: "Node": supported values: "Cluster", "Local"'],
    ],
    [
      'with a family the cluster has not',
      { ipFamilies: ['IPv6'], ports: [HTTP] },
      ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    ],
    [
      'dual-stack where there is one family',
      { ipFamilyPolicy: 'RequireDualStack', ports: [HTTP] },
      [
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
      ],
    ],
  ])('%s', (_name, spec, errors) => {
    expect(new Pipeline().create(service(spec)).errors).toEqual(errors);
  });

  it.each<[string, string, string]>([
    ['upper case', 'Web', 'a DNS-1035 label must consist of'],
    ['a leading digit', '1web', 'a DNS-1035 label must consist of'],
    ['dots', 'my.web', 'a DNS-1035 label must consist of'],
    ['a newline', 'web\n', 'a DNS-1035 label must consist of'],
    ['a newline within', 'web\nweb', 'a DNS-1035 label must consist of'],
    ['shell characters', '$(reboot)', 'a DNS-1035 label must consist of'],
    ['a path', '../../etc', 'a DNS-1035 label must consist of'],
    ['64 characters', 'a'.repeat(64), 'must be no more than 63 bytes'],
  ])('with a name of %s', (_name, name, message) => {
    const { errors } = new Pipeline().create(service({ ports: [HTTP] }, { name }));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`metadata.name: Invalid value: ${JSON.stringify(name)}: ${message}`);
  });

  it('without a name', () => {
    const { errors } = new Pipeline().create(service({ ports: [HTTP] }, { name: '' }));
    expect(errors).toEqual(['metadata.name: Required value: name or generateName is required']);
  });
});

describe('a change of a Service', () => {
  const stored = (pipeline: Pipeline, spec: object): Service => pipeline.create<Service>(service(spec)).object;

  it('may not give it another cluster IP', () => {
    const pipeline = new Pipeline();
    const before = stored(pipeline, { clusterIP: '10.96.0.20', ports: [HTTP] });
    const { errors } = pipeline.update(
      before as Draft,
      { ...before, spec: { ...before.spec, clusterIP: '10.96.0.21' } } as Draft,
    );
    expect(errors).toEqual(['spec.clusterIPs[0]: Invalid value: ["10.96.0.21"]: may not change once set']);
  });

  it('keeps what it leaves out', () => {
    const pipeline = new Pipeline();
    const before = stored(pipeline, { type: 'NodePort', ports: [HTTP] });
    const { object, errors } = pipeline.update<Service>(before as Draft, service({ type: 'NodePort', ports: [HTTP] }));
    expect(errors).toEqual([]);
    expect(object.spec).toEqual(before.spec);
  });

  it('from NodePort to ClusterIP gives the node port back', () => {
    const pipeline = new Pipeline();
    const before = stored(pipeline, { type: 'NodePort', ports: [{ port: 80, nodePort: 30078 }] });
    const { object, errors } = pipeline.update<Service>(
      before as Draft,
      { ...before, spec: { ...before.spec, type: 'ClusterIP' } } as Draft,
    );
    expect(errors).toEqual([]);
    expect(object.spec?.ports?.[0]?.nodePort).toBeUndefined();
    expect(object.spec?.externalTrafficPolicy).toBeUndefined();
    expect(
      pipeline.create(service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30078 }] }, { name: 'b' })).errors,
    ).toEqual([]);
  });

  it('to ExternalName gives the cluster IP back, and from it takes a new one', () => {
    const pipeline = new Pipeline();
    const before = stored(pipeline, { clusterIP: '10.96.0.20', ports: [HTTP] });
    const external = pipeline.update<Service>(
      before as Draft,
      { ...before, spec: { ...before.spec, type: 'ExternalName', externalName: 'a.example' } } as Draft,
    );
    expect(external.errors).toEqual([]);
    expect(external.object.spec?.clusterIP).toBeUndefined();
    expect(pipeline.create(service({ clusterIP: '10.96.0.20', ports: [HTTP] }, { name: 'b' })).errors).toEqual([]);
    const back = pipeline.update<Service>(
      external.object as Draft,
      { ...external.object, spec: { ...external.object.spec, type: 'ClusterIP' } } as Draft,
    );
    expect(back.errors).toEqual([]);
    expect(back.object.spec?.clusterIP).toMatch(/^10\./);
  });
});

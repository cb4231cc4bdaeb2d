import { describe, expect, it } from 'vitest';
import { cannotBeHandled, DecodeError, decode, strictDecodingError } from '../../../src/api/schema/decode.ts';

const CORE = 'io.k8s.api.core.v1';
const SERVICE = `${CORE}.Service`;
const POD = `${CORE}.Pod`;
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';

function refusal(schema: string, value: Record<string, unknown>): string {
  try {
    decode(schema, value);
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('unknown fields', () => {
  it('are named with their path, and dropped', () => {
    const value = { kind: 'Service', spec: { selectr: { app: 'web' }, ports: [{ port: 80, prot: 'TCP' }] }, stats: {} };
    expect(decode(SERVICE, value)).toEqual([
      'unknown field "spec.selectr"',
      'unknown field "spec.ports[0].prot"',
      'unknown field "stats"',
    ]);
    expect(value).toEqual({ kind: 'Service', spec: { ports: [{ port: 80 }] } });
  });

  it('make one sentence', () => {
    expect(strictDecodingError(['unknown field "a"', 'unknown field "b"'])).toBe(
      'strict decoding error: unknown field "a", unknown field "b"',
    );
    expect(cannotBeHandled('Service', 'v1', 'strict decoding error: unknown field "a"')).toBe(
      'Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "a"',
    );
  });

  it('do not confuse a field with what every object inherits', () => {
    expect(decode(SERVICE, { spec: { constructor: 1 } })).toEqual(['unknown field "spec.constructor"']);
  });
});

describe('values of a wrong type', () => {
  const cases: [string, string, Record<string, unknown>, string][] = [
    [
      'a string for a number',
      SERVICE,
      { spec: { ports: [{ port: '80' }] } },
      'json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'a number for a label',
      SERVICE,
      { metadata: { labels: { version: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'a number for an environment variable',
      DEPLOYMENT,
      { spec: { template: { spec: { containers: [{ env: [{ name: 'A', value: 1 }] }] } } } },
      'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    ],
    [
      'a boolean for a string',
      POD,
      { spec: { containers: [{ name: true }] } },
      'json: cannot unmarshal bool into Go struct field Container.spec.containers.name of type string',
    ],
    [
      'an object for a list',
      POD,
      { spec: { containers: { name: 'web' } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'a list for an object',
      SERVICE,
      { spec: [] },
      'json: cannot unmarshal array into Go struct field Service.spec of type v1.ServiceSpec',
    ],
    [
      'a string for an object',
      SERVICE,
      { metadata: 'web' },
      'json: cannot unmarshal string into Go struct field Service.metadata of type v1.ObjectMeta',
    ],
    [
      'a string for a map',
      SERVICE,
      { spec: { selector: 'app=web' } },
      'json: cannot unmarshal string into Go struct field ServiceSpec.spec.selector of type map[string]string',
    ],
    [
      'a string for replicas',
      DEPLOYMENT,
      { spec: { replicas: 'two' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a fraction',
      SERVICE,
      { spec: { ports: [{ port: 80.5 }] } },
      'json: cannot unmarshal number 80.5 into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'a number beyond int32',
      SERVICE,
      { spec: { ports: [{ nodePort: 3000000000 }] } },
      'json: cannot unmarshal number 3000000000 into Go struct field ServicePort.spec.ports.nodePort of type int32',
    ],
    [
      'a number for a protocol',
      SERVICE,
      { spec: { ports: [{ protocol: 6 }] } },
      'json: cannot unmarshal number into Go struct field ServicePort.spec.ports.protocol of type v1.Protocol',
    ],
    [
      'a boolean for a port or its name',
      SERVICE,
      { spec: { ports: [{ targetPort: true }] } },
      'json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32',
    ],
    [
      'a string for a boolean',
      POD,
      { spec: { hostNetwork: 'yes' } },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      'a time that is none',
      POD,
      { metadata: { creationTimestamp: 'yesterday' } },
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      'a quantity that is none',
      POD,
      { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['bad base64', `${CORE}.Secret`, { data: { a: 'a*b=' } }, 'illegal base64 data at input byte 1'],
  ];
  it.each(cases)('%s', (_name, schema, value, message) => {
    expect(refusal(schema, value)).toBe(message);
  });
});

describe('what Go clients send', () => {
  it('nulls and empty lists, maps and strings are absent fields; empty structs and zeros stay', () => {
    const value = {
      metadata: { name: 'web', creationTimestamp: null, labels: {} },
      spec: { replicas: 0, strategy: {}, template: { spec: { containers: [{ name: 'a', image: 'b', command: [] }] } } },
      status: {},
    };
    expect(decode(DEPLOYMENT, value)).toEqual([]);
    expect(value).toEqual({
      metadata: { name: 'web' },
      spec: { replicas: 0, strategy: {}, template: { spec: { containers: [{ name: 'a', image: 'b' }] } } },
      status: {},
    });
  });

  it('quantities become canonical', () => {
    const limits: Record<string, unknown> = { cpu: 0.5, memory: '1024Mi', a: '1500m', b: '2000m', c: 3 };
    decode(POD, { spec: { containers: [{ name: 'a', resources: { limits } }] } });
    expect(limits).toEqual({ cpu: '500m', memory: '1Gi', a: '1500m', b: '2', c: '3' });
  });

  it('numbers and names of ports stay what they are', () => {
    const ports = [
      { port: 80, targetPort: 'http' },
      { port: 81, targetPort: 8081 },
    ];
    decode(SERVICE, { spec: { ports } });
    expect(ports.map(({ targetPort }) => targetPort)).toEqual(['http', 8081]);
  });
});

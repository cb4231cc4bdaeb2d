/**
 * What of an object becomes a file name, the name of a network namespace or a word of a command is refused unless it is
 * a name: path tricks, blanks, quotes, newlines, NUL.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  CONFIG_MAPS,
  NAMESPACES,
  NODES,
  PODS,
  type ResourceType,
  SECRETS,
  SERVICES,
} from '../../../src/objects/resource.ts';
import { ApiError } from '../../../src/objects/transport.ts';
import type { ApiObject } from '../../../src/objects/wire.ts';
import { startTestServer } from '../http/fixture.ts';

/** Never a DNS name, nor a key of a ConfigMap: each has a character that no such name may have, or is a path. */
const hostile = fc.oneof(
  fc.constantFrom(
    '.',
    '..',
    '../a',
    'a/../../b',
    '/etc/passwd',
    'a\0b',
    'a b',
    '-j DROP',
    '$(id)',
    '`id`',
    'a"b',
    "a'b",
    'a;b',
    'a\nb',
  ),
  fc
    .tuple(
      fc.string(),
      fc.constantFrom('/', ' ', '\n', '\0', '"', "'", ';', '$', '\\', '`', '\u202e', 'É'),
      fc.string(),
    )
    .map((parts) => parts.join('')),
);

const container = { name: 'main', image: 'busybox' };

/** Objects with the hostile word in one place; each must be refused. */
// Keys of labels and annotations may hold one slash: the blank after them may not be there.
const PLACES: Readonly<Record<string, (word: string) => [ResourceType<ApiObject>, object]>> = {
  'name of a pod': (name) => [PODS, { metadata: { name }, spec: { containers: [container] } }],
  'namespace of a pod': (namespace) => [
    PODS,
    { metadata: { name: 'a', namespace }, spec: { containers: [container] } },
  ],
  'name of a container': (name) => [PODS, { metadata: { name: 'a' }, spec: { containers: [{ ...container, name }] } }],
  'name of an init container': (name) => [
    PODS,
    { metadata: { name: 'a' }, spec: { containers: [container], initContainers: [{ ...container, name }] } },
  ],
  'name of a volume': (name) => [
    PODS,
    { metadata: { name: 'a' }, spec: { containers: [container], volumes: [{ name, emptyDir: {} }] } },
  ],
  'hostname of a pod': (hostname) => [PODS, { metadata: { name: 'a' }, spec: { containers: [container], hostname } }],
  'subdomain of a pod': (subdomain) => [
    PODS,
    { metadata: { name: 'a' }, spec: { containers: [container], subdomain } },
  ],
  'node of a pod': (nodeName) => [PODS, { metadata: { name: 'a' }, spec: { containers: [container], nodeName } }],
  'name of a port of a pod': (name) => [
    PODS,
    { metadata: { name: 'a' }, spec: { containers: [{ ...container, ports: [{ containerPort: 80, name }] }] } },
  ],
  'key of a label': (key) => [CONFIG_MAPS, { metadata: { name: 'a', labels: { [`${key} `]: 'x' } } }],
  'value of a label': (value) => [CONFIG_MAPS, { metadata: { name: 'a', labels: { app: value } } }],
  'key of an annotation': (key) => [CONFIG_MAPS, { metadata: { name: 'a', annotations: { [`${key} `]: 'x' } } }],
  'key of a ConfigMap': (key) => [CONFIG_MAPS, { metadata: { name: 'a' }, data: { [key]: 'x' } }],
  'key of a Secret': (key) => [SECRETS, { metadata: { name: 'a' }, data: { [key]: '' } }],
  'name of a Service': (name) => [SERVICES, { metadata: { name }, spec: { ports: [{ port: 80 }] } }],
  'name of a port of a Service': (name) => [
    SERVICES,
    {
      metadata: { name: 'a' },
      spec: {
        ports: [
          { port: 80, name },
          { port: 81, name: 'b' },
        ],
      },
    },
  ],
  'name of a Namespace': (name) => [NAMESPACES, { metadata: { name } }],
  'name of a Node': (name) => [NODES, { metadata: { name } }],
  'podCIDR of a Node': (podCIDR) => [NODES, { metadata: { name: 'a' }, spec: { podCIDR } }],
};

it.each(Object.keys(PLACES))('the %s', async (place) => {
  const server = await startTestServer();
  try {
    await fc.assert(
      fc.asyncProperty(hostile, async (word) => {
        const [type, object] = PLACES[place]!(word);
        const { metadata } = object as ApiObject;
        const placed = { ...object, metadata: { ...(type.namespaced ? { namespace: 'default' } : {}), ...metadata } };
        const refusal: unknown = await server.transport
          .create(type, placed as ApiObject)
          .catch((error: unknown) => error);
        expect(refusal, `accepted: ${JSON.stringify(word)}`).toBeInstanceOf(ApiError);
        expect([403, 404, 422]).toContain((refusal as ApiError).code);
      }),
      { numRuns: 100 },
    );
  } finally {
    server.close();
  }
});

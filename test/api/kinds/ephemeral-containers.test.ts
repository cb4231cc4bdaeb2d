import { describe, expect, it } from 'vitest';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import { patchObject } from '../../../src/api/operations/patch.ts';
import { NAMESPACES, PODS } from '../../../src/objects/resource.ts';
import type { Pod } from '../../../src/objects/wire.ts';

const DEBUG = { name: 'debug', image: 'busybox', stdin: true, tty: true, targetContainerName: 'main' };

const pod = (name: string) => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
});

async function api() {
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'PEM' });
  const transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } });
  return { core, transport };
}

async function podWith(...containers: object[]) {
  const { core, transport } = await api();
  await transport.create(PODS, pod('a'));
  const definition = core.definitions.of(PODS);
  const target = { namespace: 'default', name: 'a', scope: 'ephemeralcontainers' } as const;
  const add = (patch: object) => patchObject(core, definition, target, 'strategic', patch).object as Pod;
  for (const container of containers) add({ spec: { ephemeralContainers: [container] } });
  return { add };
}

describe('ephemeral containers of a Pod', () => {
  it('are added to it, with their defaults; nothing else of it changes', async () => {
    const { add } = await podWith(DEBUG);
    const { spec, metadata } = add({
      metadata: { labels: { not: 'so' } },
      spec: { nodeName: 'elsewhere', ephemeralContainers: [{ name: 'second', image: 'busybox' }] },
    });
    expect(spec!.ephemeralContainers).toMatchObject([
      { name: 'second', imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log' },
      DEBUG,
    ]);
    expect([spec!.nodeName, metadata!.labels, metadata!.generation]).toEqual([undefined, undefined, 3]);
  });

  it('cannot be there from the start', async () => {
    const { transport } = await api();
    const made = pod('b');
    const spec = { ...made.spec, ephemeralContainers: [{ name: 'debug', image: 'busybox' }] };
    await expect(transport.create(PODS, { ...made, spec })).rejects.toThrow(
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    );
  });

  it.each<[string, object[], string]>([
    [
      'a change of one that is there',
      [{ name: 'debug', image: 'alpine' }],
      'existing ephemeral containers "debug" may not be changed',
    ],
    [
      'the removal of one',
      [{ $patch: 'replace' }, { name: 'other', image: 'a' }],
      'existing ephemeral containers "debug" may not be removed',
    ],
    [
      'ports',
      [{ name: 'p', image: 'a', ports: [{ containerPort: 80 }] }],
      'ports: Forbidden: cannot be set for an Ephemeral Container',
    ],
    ['a target there is not', [{ name: 'p', image: 'a', targetContainerName: 'no' }], 'Not found: "no"'],
  ])('refuse %s', async (_title, ephemeralContainers, message) => {
    const { add } = await podWith(DEBUG);
    expect(() => add({ spec: { ephemeralContainers } })).toThrow(message);
  });

  it('refuse a name of another container', async () => {
    const { add } = await podWith();
    expect(() => add({ spec: { ephemeralContainers: [{ name: 'main', image: 'a' }] } })).toThrow('Duplicate value');
  });
});

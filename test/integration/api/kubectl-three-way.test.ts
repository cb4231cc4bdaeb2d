import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResourceType } from '../../../src/objects/resource.ts';
import * as resources from '../../../src/objects/resource.ts';
import type { ApiObject } from '../../../src/objects/wire.ts';
import { KUBECTLS, type KubectlServer, startKubectlServer } from './kubectl-fixture.ts';
import type { Manifest, ThreeWayCase } from './three-way/case.ts';
import { METADATA } from './three-way/metadata.ts';
import { SERVICES } from './three-way/services.ts';
import { WORKLOADS } from './three-way/workloads.ts';

const CASES: readonly ThreeWayCase[] = [...SERVICES, ...METADATA, ...WORKLOADS];

let server: KubectlServer;
beforeAll(async () => {
  server = await startKubectlServer();
});
afterAll(() => server.close());

function typeOf({ apiVersion, kind }: Manifest): ResourceType {
  const types = Object.values(resources).filter((value): value is ResourceType => typeof value === 'object');
  const found = types.find((type) => resources.apiVersionOf(type) === apiVersion && type.kind === kind);
  if (found === undefined) throw new Error(`no type of ${apiVersion} ${kind}`);
  return found;
}

/** The value at `spec.ports.0.name`; a dot within a key is written `\.`. */
function at(object: unknown, path: string): unknown {
  const steps = path.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], object);
}

it('has the cases it is meant to have', () => expect(CASES.length).toBeGreaterThanOrEqual(60));

describe.each(KUBECTLS)('kubectl $version apply', ({ version, minor, program }) => {
  // 1.20 itself refuses a manifest with nulls.
  const command = `apply${minor < 21 ? ' --validate=false' : ''} -f -`;
  const namespace = `merge-${version.replace(/[^0-9]+/g, '-')}x`;
  const cases = CASES.map((entry, index) => ({ ...entry, name: `case-${index}` }));
  /** All manifests as one text, so that kubectl starts once for them; each document is JSON, which is YAML. */
  const documents = (manifest: (entry: ThreeWayCase) => Manifest) =>
    cases
      .map((entry) => ({ ...manifest(entry), metadata: { ...manifest(entry).metadata, name: entry.name, namespace } }))
      .map((document) => `---\n${JSON.stringify(document)}\n`)
      .join('');
  const apply = async (input: string) => {
    const { code, err } = await server.kubectl(command, input, program);
    expect({ code, err: err.replace(/^Warning: .*\n/gm, '') }).toEqual({ code: 0, err: '' });
  };
  const stored = (entry: ThreeWayCase & { name: string }): Promise<ApiObject> =>
    server.transport.get(typeOf(entry.last), { namespace, name: entry.name });

  beforeAll(async () => {
    await server.kubectl(`create namespace ${namespace}`, undefined, program);
    await apply(documents(({ last }) => last));
    for (const { live, last, name } of cases) {
      if (live !== undefined) await server.transport.patch(typeOf(last), { namespace, name }, 'strategic', live);
    }
    await apply(documents(({ next }) => next));
  });

  // Node ports are the cluster's: the next version of kubectl wants them too.
  afterAll(() => server.kubectl(`-n ${namespace} delete svc --all`, undefined, program));

  it.each(cases)('$last.kind: $what', async (entry) => {
    const object = await stored(entry);
    const parts = Object.keys(entry.result).map((path) => [path, at(object, path)]);
    expect(Object.fromEntries(parts)).toEqual(entry.result);
  });

  // kubectl says "configured" where a list holds something of somebody else's: it sends the order of its own each time.
  it('once more, nothing changes', async () => {
    const versions = async () =>
      Promise.all(cases.map(async (entry) => (await stored(entry)).metadata?.resourceVersion));
    const before = await versions();
    await apply(documents(({ next }) => next));
    expect(await versions()).toEqual(before);
  });
});

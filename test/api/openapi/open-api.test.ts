import { describe, expect, it } from 'vitest';
import { DefinitionIndex } from '../../../src/api/definition-index.ts';
import { OpenApi } from '../../../src/api/openapi/open-api.ts';
import { createRegistry } from '../../../src/api/registry.ts';

const { definitions } = createRegistry({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: '' });
const openApi = new OpenApi(new DefinitionIndex(definitions), 'v1.36.0');

/** Every `$ref` of a document. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === '$ref' ? [member as string] : references(member)));
}

async function document(path: string) {
  const { body } = (await openApi.v3(path))!;
  return JSON.parse(body as string);
}

describe('OpenAPI 3', () => {
  it('has a document for each group and version, named by its hash', async () => {
    const { paths } = (await openApi.index()) as { paths: Record<string, { serverRelativeURL: string }> };
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/discovery.k8s.io/v1']));
    const { hash } = (await openApi.v3('apis/apps/v1'))!;
    expect(paths['apis/apps/v1']!.serverRelativeURL).toBe(`/openapi/v3/apis/apps/v1?hash=${hash}`);
    expect(await openApi.v3('apis/none/v1')).toBeUndefined();
    expect(await openApi.v3('__proto__')).toBeUndefined();
  });

  it.each(['api/v1', 'apis/apps/v1', 'apis/authorization.k8s.io/v1'])('%s refers to nothing it lacks', async (path) => {
    const { components, ...rest } = await document(path);
    const known = new Set(Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`));
    expect(references({ components, rest }).filter((reference) => !known.has(reference))).toEqual([]);
  });

  it("tells clients that field validation is the server's work", async () => {
    const { paths } = await document('api/v1');
    const { patch } = paths['/api/v1/namespaces/{namespace}/services/{name}'];
    expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: '', version: 'v1', kind: 'Service' });
    expect(patch.parameters.map(({ name }: { name: string }) => name)).toContain('fieldValidation');
  });

  it('has every operation once, under its own id', async () => {
    const { paths } = await document('apis/apps/v1');
    const ids = Object.values(paths as Record<string, Record<string, { operationId?: string }>>).flatMap((item) =>
      Object.values(item).flatMap(({ operationId }) => operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('patchAppsV1NamespacedDeploymentScale');
  });

  it('says how kubectl apply is to patch, beside references too', async () => {
    const { components } = await document('apis/apps/v1');
    expect(components.schemas['io.k8s.api.apps.v1.DeploymentSpec'].properties.strategy).toMatchObject({
      'x-kubernetes-patch-strategy': 'retainKeys',
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' }],
    });
  });

  it('says what is a string or a number', async () => {
    const { components } = await document('api/v1');
    expect(components.schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({
      format: 'int-or-string',
      oneOf: [{ type: 'integer' }, { type: 'string' }],
    });
  });
});

describe('OpenAPI 2', () => {
  it('refers to nothing it lacks', async () => {
    const whole = JSON.parse((await openApi.v2()).body as string);
    const known = new Set(Object.keys(whole.definitions).map((name) => `#/definitions/${name}`));
    expect(references(whole).filter((reference) => !known.has(reference))).toEqual([]);
  });
});

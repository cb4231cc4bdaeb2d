/** One OpenAPI 3 document per group and version, as `/openapi/v3/apis/GROUP/VERSION` serves them. */
import type { Descriptions } from '../schema/definitions.ts';
import type { ApiOperation } from './operations.ts';
import { BODY_TYPES, pathItems } from './path-items.ts';
import { reference, schemasFor } from './schemas.ts';

/** `extra`: further definitions to publish besides those the operations name. */
export function documentV3(
  operations: readonly ApiOperation[],
  extra: readonly string[],
  descriptions: Descriptions,
  kubernetesVersion: string,
): object {
  const { paths, roots } = pathItems(operations, operationObject, pathParameter);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    paths,
    components: {
      schemas: schemasFor(3, [...roots, ...extra], descriptions),
      securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    },
  };
}

function pathParameter(name: string): object {
  return { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };
}

function operationObject(operation: ApiOperation): object {
  const { method, action, body, answer, group, version, kind, query, operationId } = operation;
  const content = (types: readonly string[], name: string) =>
    Object.fromEntries(types.map((type) => [type, { schema: reference(3, name) }]));
  const types = method === 'patch' ? BODY_TYPES.patch : BODY_TYPES.other;
  return {
    operationId,
    parameters: query.map(({ name, type, description }) => ({
      name,
      in: 'query',
      description,
      schema: { type, uniqueItems: true },
    })),
    ...(body === undefined ? {} : { requestBody: { content: content(types, body) } }),
    responses: {
      [method === 'post' ? '201' : '200']: {
        description: method === 'post' ? 'Created' : 'OK',
        content: content(BODY_TYPES.other, answer),
      },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}

/** The whole API as one OpenAPI 2 document, as `/openapi/v2` serves it to older clients. */
import type { Descriptions } from '../schema/definitions.ts';
import type { ApiOperation } from './operations.ts';
import { BODY_TYPES, pathItems } from './path-items.ts';
import { reference, schemasFor } from './schemas.ts';

export function documentV2(
  operations: readonly ApiOperation[],
  extra: readonly string[],
  descriptions: Descriptions,
  kubernetesVersion: string,
): object {
  const { paths, roots } = pathItems(operations, operationObject, pathParameter);
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    paths,
    definitions: schemasFor(2, [...roots, ...extra], descriptions),
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  };
}

function pathParameter(name: string): object {
  return { name, in: 'path', required: true, type: 'string', uniqueItems: true };
}

function operationObject(operation: ApiOperation): object {
  const { method, action, body, answer, group, version, kind, query, operationId } = operation;
  const bodyParameter = body === undefined ? [] : [{ name: 'body', in: 'body', schema: reference(2, body) }];
  return {
    operationId,
    consumes: method === 'patch' ? BODY_TYPES.patch : BODY_TYPES.other,
    produces: BODY_TYPES.other,
    schemes: ['https'],
    parameters: [
      ...bodyParameter,
      ...query.map(({ name, type, description }) => ({ name, in: 'query', description, type, uniqueItems: true })),
    ],
    responses: {
      [method === 'post' ? '201' : '200']: {
        description: method === 'post' ? 'Created' : 'OK',
        schema: reference(2, answer),
      },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}

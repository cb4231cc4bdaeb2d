/** The whole API as one OpenAPI 2 document, as `/openapi/v2` serves it to older clients. */
import type { Descriptions } from '../schema/definitions.ts';
import type { ApiOperation } from './operations.ts';
import { BODY_TYPES, type PathItem, pathItems } from './path-items.ts';
import { reference, schemasFor } from './schemas.ts';

export interface SchemaV2 {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaV2>>;
  readonly items?: SchemaV2;
  readonly additionalProperties?: SchemaV2;
}

export interface ParameterV2 {
  readonly name: string;
  readonly in: 'path' | 'query' | 'body';
  readonly description?: string;
  readonly required?: boolean;
  readonly type?: string;
  readonly uniqueItems?: boolean;
  /** Of a body. */
  readonly schema?: SchemaV2;
}

export interface OperationV2 {
  readonly operationId: string;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly schemes: readonly string[];
  readonly parameters: readonly ParameterV2[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly schema?: SchemaV2 }>>;
}

export type PathItemV2 = PathItem<ParameterV2, OperationV2>;

export interface DocumentV2 {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, PathItemV2>>;
  readonly definitions: Readonly<Record<string, SchemaV2>>;
  readonly securityDefinitions: object;
  readonly security: readonly object[];
}

export function documentV2(
  operations: readonly ApiOperation[],
  extra: readonly string[],
  descriptions: Descriptions,
  kubernetesVersion: string,
): DocumentV2 {
  const { paths, roots } = pathItems(operations, operationObject, pathParameter);
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    paths,
    definitions: schemasFor(2, [...roots, ...extra], descriptions) as Readonly<Record<string, SchemaV2>>,
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  };
}

function pathParameter(name: string): ParameterV2 {
  return { name, in: 'path', required: true, type: 'string', uniqueItems: true };
}

function operationObject(operation: ApiOperation): OperationV2 {
  const { method, action, body, answer, group, version, kind, query, operationId } = operation;
  const bodyParameter: ParameterV2[] =
    body === undefined ? [] : [{ name: 'body', in: 'body', schema: reference(2, body) }];
  return {
    operationId,
    consumes: method === 'patch' ? BODY_TYPES.patch : BODY_TYPES.other,
    produces: BODY_TYPES.other,
    schemes: ['https'],
    parameters: [
      ...bodyParameter,
      ...query.map(({ name, type, description }) => ({
        name,
        in: 'query' as const,
        description,
        type,
        uniqueItems: true,
      })),
    ],
    responses: {
      [method === 'post' ? '201' : '200']: {
        description: method === 'post' ? 'Created' : 'OK',
        schema: reference(2, answer),
      },
      '401': { description: 'Unauthorized' },
    },
    ...{ 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': { group, version, kind } },
  };
}

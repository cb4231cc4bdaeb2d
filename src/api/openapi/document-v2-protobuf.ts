/**
 * The OpenAPI 2 document in the protobuf form that kubectl's client-side validation asks for
 * (`application/com.github.proto-openapi.spec.v2@v1.0+protobuf`; messages of gnostic's OpenAPIv2.proto, whose field
 * numbers stand here). What has no field of its own is an extension: a name with its value as YAML.
 */
import { bytesField, flagField, message, repeatedField } from '../protobuf/write-wire.ts';
import type { DocumentV2, OperationV2, ParameterV2, PathItemV2, SchemaV2 } from './document-v2.ts';

/** Document: 1 swagger, 2 info, 8 paths, 9 definitions. */
export function encodeDocumentV2(document: DocumentV2): Buffer {
  const { title, version } = document.info;
  const paths = Object.entries(document.paths).map(([name, item]) => named(name, encodePathItem(item)));
  const definitions = Object.entries(document.definitions).map(([name, schema]) => named(name, encodeSchema(schema)));
  return message(
    bytesField(1, document.swagger),
    bytesField(2, message(bytesField(1, title), bytesField(2, version))),
    bytesField(8, message(repeatedField(2, paths))),
    bytesField(9, message(repeatedField(1, definitions))),
  );
}

/** Every Named… message: 1 name, 2 value. */
function named(name: string, value: Uint8Array): Buffer {
  return message(bytesField(1, name), bytesField(2, value));
}

/** Any: 2 yaml. JSON is YAML. */
function extensions(object: object): Buffer[] {
  return Object.entries(object)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => named(name, message(bytesField(2, JSON.stringify(value)))));
}

/** PathItem: 2 get, 3 put, 4 post, 5 delete, 8 patch, 9 parameters. */
function encodePathItem({ get, put, post, delete: remove, patch, parameters }: PathItemV2): Buffer {
  const encoded = (operation: OperationV2 | undefined) =>
    operation === undefined ? undefined : encodeOperation(operation);
  return message(
    bytesField(2, encoded(get)),
    bytesField(3, encoded(put)),
    bytesField(4, encoded(post)),
    bytesField(5, encoded(remove)),
    bytesField(8, encoded(patch)),
    repeatedField(9, parameters.map(encodeParameter)),
  );
}

/** Operation: 5 operationId, 6 produces, 7 consumes, 8 parameters, 9 responses, 10 schemes, 13 extensions. */
function encodeOperation(operation: OperationV2): Buffer {
  const responses = Object.entries(operation.responses).map(([code, { description, schema }]) => {
    const item = schema === undefined ? undefined : message(bytesField(1, encodeSchema(schema)));
    const response = message(bytesField(1, description), bytesField(2, item));
    return named(code, message(bytesField(1, response)));
  });
  return message(
    bytesField(5, operation.operationId),
    repeatedField(6, operation.produces),
    repeatedField(7, operation.consumes),
    repeatedField(8, operation.parameters.map(encodeParameter)),
    bytesField(9, message(repeatedField(1, responses))),
    repeatedField(10, operation.schemes),
    repeatedField(13, extensions(operation)),
  );
}

/** ParametersItem → Parameter → 1 body, or 2 other: 3 query, 4 path. */
function encodeParameter(parameter: ParameterV2): Buffer {
  const { name, description, required, type, uniqueItems, schema } = parameter;
  if (parameter.in === 'body') {
    const body = message(
      bytesField(1, description),
      bytesField(2, name),
      bytesField(3, 'body'),
      flagField(4, required),
      bytesField(5, encodeSchema(schema ?? {})),
    );
    return message(bytesField(1, message(bytesField(1, body))));
  }
  const inPath = parameter.in === 'path';
  // A query parameter has one field more before its type (allowEmptyValue), so its numbers are one higher.
  const shift = inPath ? 0 : 1;
  const other = message(
    flagField(1, required),
    bytesField(2, parameter.in),
    bytesField(3, description),
    bytesField(4, name),
    bytesField(5 + shift, type),
    flagField(19 + shift, uniqueItems),
  );
  return message(bytesField(1, message(bytesField(2, message(bytesField(inPath ? 4 : 3, other))))));
}

/**
 * Schema: 1 $ref, 2 format, 4 description, 5 default, 19 required, 21 additionalProperties, 22 type, 23 items,
 * 25 properties, 31 extensions.
 */
function encodeSchema(schema: SchemaV2): Buffer {
  const { properties, items, additionalProperties } = schema;
  const members = Object.entries(properties ?? {}).map(([name, property]) => named(name, encodeSchema(property)));
  return message(
    bytesField(1, schema.$ref),
    bytesField(2, schema.format),
    bytesField(4, schema.description),
    bytesField(5, schema.default === undefined ? undefined : message(bytesField(2, JSON.stringify(schema.default)))),
    repeatedField(19, schema.required),
    bytesField(21, additionalProperties && message(bytesField(1, encodeSchema(additionalProperties)))),
    bytesField(22, schema.type === undefined ? undefined : message(bytesField(1, schema.type))),
    bytesField(23, items && message(bytesField(1, encodeSchema(items)))),
    bytesField(25, properties === undefined ? undefined : message(repeatedField(1, members))),
    repeatedField(31, extensions(schema)),
  );
}

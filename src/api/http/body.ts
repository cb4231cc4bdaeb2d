/** Request bodies: read up to the limit, and parsed as JSON, YAML or protobuf. */
import type { IncomingMessage } from 'node:http';
import { decodeProtobuf, PROTOBUF_TYPE } from '../protobuf/envelope.ts';
import { schemaOfKind } from '../protobuf/schema-of-kind.ts';
import { badRequest, tooLargeBody, unsupportedMediaType } from '../status-error.ts';
import { duplicateFields } from './duplicate-fields.ts';

/** As kube-apiserver's limit for resource requests. */
export const BODY_LIMIT_BYTES = 3 * 1024 * 1024;

const READABLE = ['application/json', 'application/yaml', PROTOBUF_TYPE];

/** The body's bytes. Throws 413 as soon as it is known to be too large. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) throw tooLargeBody(BODY_LIMIT_BYTES);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT_BYTES) throw tooLargeBody(BODY_LIMIT_BYTES);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** The media type of the body, without parameters; JSON when the client does not say. */
export function bodyType(request: IncomingMessage): string {
  const [type = ''] = (request.headers['content-type'] ?? 'application/json').split(';');
  return type.trim().toLowerCase();
}

/** A body as a value, and what its text says twice (`duplicate field "spec.replicas"`). */
export interface ParsedBody {
  /** Undefined when the body is empty. */
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

/** A body of any of the readable types. Throws 400, 413, 415. */
export async function readValue(request: IncomingMessage): Promise<ParsedBody> {
  const type = bodyType(request);
  const bytes = await readBody(request);
  if (bytes.length === 0) return { value: undefined, duplicates: [] };
  if (type === 'application/json' || type === '*/*') {
    const text = bytes.toString();
    return { value: parseJson(text), duplicates: duplicateFields(text) };
  }
  if (type === 'application/yaml') return { value: await parseYaml(bytes.toString()), duplicates: [] };
  if (type === PROTOBUF_TYPE) return { value: await decodeProtobuf(bytes, schemaOfKind), duplicates: [] };
  throw unsupportedMediaType(READABLE);
}

/** Throws BadRequest. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

/** Throws BadRequest. */
export async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message.split('\n')[0]}`);
  }
}

/** Request bodies: read up to the limit, and parsed as JSON, YAML or protobuf. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { decodeProtobuf, PROTOBUF_TYPE } from '../protobuf/envelope.ts';
import { schemaOfKind } from '../protobuf/schema-of-kind.ts';
import { badRequest, tooLargeBody, unsupportedMediaType } from '../status-error.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { parseYamlBody } from './yaml-body.ts';

/** As kube-apiserver's limit for resource requests. */
export const BODY_LIMIT_BYTES = 3 * 1024 * 1024;

/** Objects and lists within each other; Kubernetes' own kinds need some twenty. */
const MOST_DEPTH = 500;

const READABLE = ['application/json', 'application/yaml', PROTOBUF_TYPE];

/** The body's bytes. Throws 413 as soon as it is known to be too large. */
export function readBody(request: IncomingMessage, limit = BODY_LIMIT_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) return void chunks.push(chunk);
      // Paused, not destroyed: the client shall hear why.
      request.off('data', take);
      request.pause();
      reject(tooLargeBody(limit));
    };
    if (Number(request.headers['content-length'] ?? 0) > limit) return reject(tooLargeBody(limit));
    request.on('data', take);
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(badRequest('the connection was closed before the body had come')));
  });
}

/** The body as text. Throws 400 for bytes that are no UTF-8, 413. */
export async function readText(request: IncomingMessage, limit = BODY_LIMIT_BYTES): Promise<string> {
  return textOf(await readBody(request, limit));
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw badRequest('the body of the request is not valid UTF-8');
  return bytes.toString();
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
    const text = textOf(bytes);
    return { value: parseJson(text), duplicates: duplicateFields(text) };
  }
  if (type === 'application/yaml') {
    const { value, repeated } = await parseYamlBody(textOf(bytes), 'error converting YAML to JSON');
    return { value, duplicates: repeated };
  }
  if (type === PROTOBUF_TYPE) return { value: await decodeProtobuf(bytes, schemaOfKind), duplicates: [] };
  throw unsupportedMediaType(READABLE);
}

/** Throws BadRequest for what is no JSON, or nested too deeply. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
  checkDepth(value);
  return LONE_SURROGATE.test(text) ? wellFormed(value) : value;
}

/** Half of a surrogate pair in an escape: no text that UTF-8 could carry. As with Go, U+FFFD takes its place. */
const LONE_SURROGATE = /\\u[dD][89a-fA-F]/;

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]));
}

/** Throws BadRequest. Goes level by level, so that no depth is too much for it. */
function checkDepth(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MOST_DEPTH) throw badRequest(`couldn't get version/kind; json parse error: exceeded max depth`);
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
}

/** PATCH with `application/apply-patch+yaml`: server-side apply. */
import { apiVersionOf } from '../../objects/resource.ts';
import type { ApiObject } from '../../objects/wire.ts';
import { applyObject } from '../operations/apply.ts';
import type { UpdateScope } from '../operations/update.ts';
import { badRequest } from '../status-error.ts';
import { answerObject } from './answer.ts';
import { readBody } from './body.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { warner } from './exchange.ts';
import type { ObjectRequest } from './resource-request.ts';
import { applyParameters, fieldValidation, writeRequest } from './write-parameters.ts';

export const APPLY_PATCH = 'application/apply-patch+yaml';

/** Applies the configuration in the body: 201 when that made the object. */
export async function handleApply(request: ObjectRequest, scope: UpdateScope): Promise<void> {
  const { core, definition, exchange, namespace, name } = request;
  const { force } = applyParameters(exchange, true);
  const write = writeRequest(exchange, 'PatchOptions');
  const config = await readConfiguration(request);
  const { entry, created } = applyObject(core, definition, { namespace, name, scope }, config, { ...write, force });
  await answerObject(exchange, definition, created ? 201 : 200, entry);
}

/** The body as an object of the kind the path names. Throws BadRequest. */
export async function readConfiguration({ definition, exchange }: ObjectRequest): Promise<ApiObject> {
  const { value, repeated } = await parseConfiguration((await readBody(exchange.request)).toString());
  const validation = fieldValidation(exchange);
  if (repeated.length > 0 && validation === 'Strict') {
    const lines = repeated.map((problem) => `\n  ${problem}`).join('');
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:${lines}`);
  }
  if (validation === 'Warn') for (const problem of repeated) warner(exchange)(problem);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('error decoding YAML: the configuration is no object');
  }
  const config = value as ApiObject;
  const { apiVersion = '', kind = '' } = config;
  if (apiVersion !== apiVersionOf(definition.type) || kind !== definition.type.kind) {
    throw badRequest(`invalid object type: ${groupVersionKind(apiVersion, kind)}`);
  }
  if (config.metadata?.managedFields != null) throw badRequest('metadata.managedFields must be nil');
  return config;
}

/** `apps/v1, Kind=Deployment`; the core group leaves an empty name. */
function groupVersionKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
}

interface Configuration {
  readonly value: unknown;
  /** `line 3: key "replicas" already set in map`. */
  readonly repeated: readonly string[];
}

/** JSON is YAML, and far quicker to read as what it is; kubectl sends nothing else. Throws BadRequest. */
async function parseConfiguration(text: string): Promise<Configuration> {
  const json = tryJson(text);
  if (json !== undefined) return { value: json, repeated: duplicateFields(text).map(repeatedKey) };
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: true });
  const repeated = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  const [broken] = document.errors.filter((error) => !repeated.includes(error));
  if (broken !== undefined) throw badRequest(`error decoding YAML: ${broken.message.split('\n')[0]}`);
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, repeated: repeated.map(({ pos, linePos }) => inLine(linePos?.[0].line ?? 1, keyAt(text, pos[0]))) };
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Then it is YAML, or neither, which the YAML parser says better.
    return undefined;
  }
}

/** `duplicate field "spec.replicas"` in the words of the YAML decoder, to which a JSON text is one line. */
function repeatedKey(problem: string): string {
  const path = /"(.*)"$/.exec(problem)?.[1] ?? '';
  return inLine(1, path.slice(path.lastIndexOf('.') + 1));
}

function keyAt(text: string, position: number): string {
  return /^[^:\s]*/.exec(text.slice(position))?.[0] ?? '';
}

function inLine(line: number, key: string): string {
  return `line ${line}: key "${key}" already set in map`;
}

/** PATCH with `application/apply-patch+yaml`: server-side apply. */
import { apiVersionOf } from '../../objects/resource.ts';
import type { ApiObject } from '../../objects/wire.ts';
import { applyObject } from '../operations/apply.ts';
import type { UpdateScope } from '../operations/update.ts';
import { badRequest } from '../status-error.ts';
import { answerObject } from './answer.ts';
import { parseJson, readText } from './body.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { warner } from './exchange.ts';
import type { ObjectRequest } from './resource-request.ts';
import { applyParameters, fieldValidation, writeRequest } from './write-parameters.ts';
import { parseYamlBody, repeatedKey, type YamlBody } from './yaml-body.ts';

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

type Kind = { readonly apiVersion: string; readonly kind: string };

/** The body as an object of the kind the path names. Throws BadRequest. */
export async function readConfiguration(
  { definition, exchange }: ObjectRequest,
  expected: Kind = { apiVersion: apiVersionOf(definition.type), kind: definition.type.kind },
): Promise<ApiObject> {
  const { value, repeated } = await parseConfiguration(await readText(exchange.request));
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
  if (apiVersion !== expected.apiVersion || kind !== expected.kind) {
    throw badRequest(`invalid object type: ${groupVersionKind(apiVersion, kind)}`);
  }
  if (config.metadata?.managedFields != null) throw badRequest('metadata.managedFields must be nil');
  return config;
}

/** `apps/v1, Kind=Deployment`; the core group leaves an empty name. */
function groupVersionKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
}

/** JSON is YAML, and far quicker to read as what it is; kubectl sends nothing else. Throws BadRequest, 413. */
async function parseConfiguration(text: string): Promise<YamlBody> {
  if (isJson(text)) return { value: parseJson(text), repeated: duplicateFields(text).map(repeatedField) };
  return parseYamlBody(text, 'error decoding YAML');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Then it is YAML, or neither, which the YAML parser says better.
    return false;
  }
}

/** `duplicate field "spec.replicas"` in the words of the YAML decoder, to which a JSON text is one line. */
function repeatedField(problem: string): string {
  const path = /"(.*)"$/.exec(problem)?.[1] ?? '';
  return repeatedKey(1, path.slice(path.lastIndexOf('.') + 1));
}

/** Subresources: status, finalize, scale, binding, eviction, and the streams of pods. */
import type { ApiObject } from '../../objects/wire.ts';
import { type Binding, bindPod } from '../operations/bind-pod.ts';
import { deleteObject } from '../operations/delete.ts';
import { getObject } from '../operations/read.ts';
import { requestToken, type TokenRequest } from '../operations/request-token.ts';
import { applyScale, type Scale, scaleOf, updateScale } from '../operations/scale.ts';
import { handleProxy } from '../proxy/handle-proxy.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest, pathNotFound } from '../status-error.ts';
import { handleLog } from '../streams/log-handler.ts';
import { handleUnupgradedPortForward } from '../streams/port-forward/forward-target.ts';
import { handleUnupgradedStream } from '../streams/stream-request.ts';
import { answerValue } from './answer.ts';
import { APPLY_PATCH, readConfiguration } from './apply-handler.ts';
import { bodyType, parseJson, readText, readValue } from './body.ts';
import { type BodyKind, decodeObject } from './decode-object.ts';
import { warner } from './exchange.ts';
import { patchInspector } from './patch-inspector.ts';
import { handleGet } from './read-handlers.ts';
import { byMethod, type Handler, type ObjectRequest } from './resource-request.ts';
import { patchHandler, patchTypeOf, updateHandler } from './write-handlers.ts';
import { applyParameters, fieldValidation, writeRequest } from './write-parameters.ts';

type Subresource = ResourceDefinition['subresources'][number];
type Methods = Readonly<Record<string, Handler<ObjectRequest>>>;

const SCALE: BodyKind = { apiVersion: 'autoscaling/v1', kind: 'Scale', schema: 'io.k8s.api.autoscaling.v1.Scale' };
const BINDING: BodyKind = { apiVersion: 'v1', kind: 'Binding', schema: 'io.k8s.api.core.v1.Binding' };
const TOKEN: BodyKind = {
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenRequest',
  schema: 'io.k8s.api.authentication.v1.TokenRequest',
};
const EVICTION: BodyKind = { apiVersion: 'policy/v1', kind: 'Eviction', schema: 'io.k8s.api.policy.v1.Eviction' };
/** As clients before 1.22 write it, and Kubernetes still takes it. */
const OLD_EVICTION: BodyKind = { ...EVICTION, apiVersion: 'policy/v1beta1' };

/** What each subresource answers, by method. */
const SUBRESOURCES: Partial<Record<Subresource, Methods>> = {
  status: { GET: handleGet, PUT: updateHandler('status'), PATCH: patchHandler('status') },
  finalize: { PUT: updateHandler('finalize') },
  ephemeralcontainers: {
    GET: handleGet,
    PUT: updateHandler('ephemeralcontainers'),
    PATCH: patchHandler('ephemeralcontainers'),
  },
  scale: { GET: getScale, PUT: putScale, PATCH: patchScale },
  binding: { POST: postBinding },
  eviction: { POST: postEviction },
  token: { POST: postToken },
  log: { GET: handleLog },
  exec: { GET: handleUnupgradedStream, POST: handleUnupgradedStream },
  attach: { GET: handleUnupgradedStream, POST: handleUnupgradedStream },
  portforward: { GET: handleUnupgradedPortForward, POST: handleUnupgradedPortForward },
};

/** Throws 404 for a subresource the resource does not have. */
export async function handleSubresource(request: ObjectRequest, subresource: string): Promise<void> {
  const served = request.definition.subresources.find((found) => found === subresource);
  // Which methods there are is for the program behind it to say.
  if (served === 'proxy') return handleProxy(request);
  const methods = served === undefined ? undefined : SUBRESOURCES[served];
  if (methods === undefined) throw pathNotFound();
  await byMethod(methods, request);
}

async function getScale({ core, definition, exchange, namespace, name }: ObjectRequest): Promise<void> {
  await answerValue(exchange, 200, scaleOf(getObject(core, definition, namespace, name).object));
}

async function putScale(request: ObjectRequest): Promise<void> {
  const { exchange } = request;
  const body = await readValue(exchange.request);
  await storeScale(
    request,
    decodeObject(SCALE, body, fieldValidation(exchange), warner(exchange)) as Scale,
    'UpdateOptions',
  );
}

async function patchScale(request: ObjectRequest): Promise<void> {
  const { core, definition, exchange, namespace, name } = request;
  const mediaType = bodyType(exchange.request);
  if (mediaType === APPLY_PATCH) return putAppliedScale(request);
  const type = patchTypeOf(mediaType);
  const patch = parseJson(await readText(exchange.request));
  const scale = scaleOf(getObject(core, definition, namespace, name).object);
  const patched = core.applyPatch(type, scale as ApiObject, patch, SCALE.schema);
  patchInspector(SCALE, patch, fieldValidation(exchange), warner(exchange))(patched);
  await storeScale(request, patched as Scale, 'PatchOptions');
}

async function putAppliedScale(request: ObjectRequest): Promise<void> {
  const { core, definition, exchange, namespace, name } = request;
  const { force } = applyParameters(exchange, true);
  const write = writeRequest(exchange, 'PatchOptions');
  const config = await readConfiguration(request, SCALE);
  const scale = decodeObject(
    SCALE,
    { value: config, duplicates: [] },
    fieldValidation(exchange),
    warner(exchange),
  ) as Scale;
  const stored = applyScale(core, definition, { namespace, name }, scale, { ...write, force });
  await answerValue(exchange, 200, scaleOf(stored.object));
}

async function storeScale(
  { core, definition, exchange, namespace, name }: ObjectRequest,
  scale: Scale,
  options: 'UpdateOptions' | 'PatchOptions',
): Promise<void> {
  const asked = scale.metadata?.name ?? name;
  if (asked !== name)
    throw badRequest(`the name of the object (${asked}) does not match the name on the URL (${name})`);
  const placed = { ...scale, metadata: { ...scale.metadata, name, namespace } } as Scale;
  const stored = updateScale(core, definition, placed, writeRequest(exchange, options));
  await answerValue(exchange, 200, scaleOf(stored.object));
}

async function postBinding({ core, definition, exchange, namespace, name }: ObjectRequest): Promise<void> {
  const body = await readValue(exchange.request);
  const binding = decodeObject(BINDING, body, fieldValidation(exchange), warner(exchange)) as Binding;
  bindPod(core, definition, { namespace, name }, binding, writeRequest(exchange, 'CreateOptions'));
  await answerValue(exchange, 201, success(201));
}

async function postEviction({ core, definition, exchange, namespace, name }: ObjectRequest): Promise<void> {
  const body = await readValue(exchange.request);
  const isOld = (body.value as ApiObject | undefined)?.apiVersion === OLD_EVICTION.apiVersion;
  const kind = isOld ? OLD_EVICTION : EVICTION;
  const eviction = decodeObject(kind, body, fieldValidation(exchange), warner(exchange)) as ApiObject & {
    deleteOptions?: Parameters<typeof deleteObject>[4];
  };
  deleteObject(core, definition, namespace, name, eviction.deleteOptions, writeRequest(exchange, 'CreateOptions'));
  await answerValue(exchange, 201, success(201));
}

async function postToken({ core, definition, exchange, namespace, name }: ObjectRequest): Promise<void> {
  const body = await readValue(exchange.request);
  const asked = decodeObject(TOKEN, body, fieldValidation(exchange), warner(exchange)) as TokenRequest;
  await answerValue(exchange, 201, requestToken(core, definition, { namespace, name }, asked));
}

function success(code: number): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code };
}

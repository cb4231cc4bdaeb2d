/** The routing table: what a path is for, and who may ask without a token. */
import type { Duplex } from 'node:stream';
import type { ApiCore } from '../api-core.ts';
import { mayAccess, type ResourceAttributes, refusalOf, verbOf } from '../auth/authorization.ts';
import { ANONYMOUS, type Authenticator, bearerToken, type User } from '../auth/tokens.ts';
import type { Dial } from '../dial.ts';
import type { KubeletConnector } from '../kubelet-connector.ts';
import { OpenApi } from '../openapi/open-api.ts';
import { findReview } from '../reviews.ts';
import { badRequest, pathNotFound, statusError, unauthorized } from '../status-error.ts';
import { handleUpgrade } from '../streams/upgrade-handler.ts';
import { answerValue } from './answer.ts';
import { discoveryHandler } from './discovery-handler.ts';
import type { Exchange } from './exchange.ts';
import { type Health, handleHealth } from './health-handler.ts';
import { handleOpenApi } from './open-api-handler.ts';
import { parseResourcePath, type ResourcePath } from './request-path.ts';
import { handleResource } from './resource-handler.ts';
import type { ResourceRequest } from './resource-request.ts';
import { handleReview } from './review-handler.ts';
import { isTrue } from './watch-handler.ts';

export interface RouterOptions {
  readonly core: ApiCore;
  readonly kubelets: KubeletConnector;
  readonly dial: Dial;
  readonly authenticate: Authenticator;
  readonly health: Health;
}

export interface Router {
  /** The user of a request; anonymous without a token. Throws Unauthorized for a token nobody has. */
  identify(authorization: string | undefined): User;
  /** Answers a request. Rejects with what is to be answered instead. */
  handle(exchange: Exchange): Promise<void>;
  /** Answers a request to upgrade its connection. Rejects before the handshake only. */
  upgrade(exchange: Exchange, socket: Duplex, head: Buffer): Promise<void>;
}

const ROOT_PATHS = ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];

/**
 * No kinds can be added to this API, so discovery has no such resource; yet kubectl asks for the list before it says that
 * it does not know a kind.
 */
const CUSTOM_RESOURCE_DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const NO_CUSTOM_RESOURCES = { kind: 'CustomResourceDefinitionList', apiVersion: 'apiextensions.k8s.io/v1' };

export function createRouter({ core, kubelets, dial, authenticate, health }: RouterOptions): Router {
  const discovery = discoveryHandler(core);
  const openApi = new OpenApi(core.definitions, health.kubernetesVersion);

  function resourceRequest(exchange: Exchange, path: ResourcePath): ResourceRequest | undefined {
    const apiVersion = path.group === '' ? path.version : `${path.group}/${path.version}`;
    const definition = core.definitions.byResource(apiVersion, path.plural);
    return definition === undefined ? undefined : { core, kubelets, dial, definition, path, exchange };
  }

  return {
    identify(authorization) {
      if (authorization === undefined) return ANONYMOUS;
      const token = bearerToken(authorization);
      const user = token === undefined ? undefined : authenticate(token);
      if (user === undefined) throw unauthorized();
      return user;
    },

    async handle(exchange) {
      if (handleHealth(health, exchange)) return;
      if (exchange.user === ANONYMOUS) throw unauthorized();
      if (exchange.path === '/') return answerValue(exchange, 200, { paths: ROOT_PATHS });
      if (exchange.path.startsWith('/openapi/')) return handleOpenApi(openApi, exchange);
      const path = readPath(exchange.path);
      if (path === undefined) {
        if (/^\/apis?(\/|$)/.test(exchange.path)) return discovery(exchange);
        throw pathNotFound();
      }
      authorize(exchange, path);
      const request = resourceRequest(exchange, path);
      if (request !== undefined) return handleResource(request);
      const review = path.name === undefined ? findReview(path.group, path.version, path.plural) : undefined;
      if (review !== undefined) return handleReview(review, exchange, { core, authenticate });
      if (exchange.path !== CUSTOM_RESOURCE_DEFINITIONS) throw pathNotFound();
      const metadata = { resourceVersion: String(core.store.revision) };
      await answerValue(exchange, 200, { ...NO_CUSTOM_RESOURCES, metadata, items: [] });
    },

    async upgrade(exchange, socket, head) {
      if (exchange.user === ANONYMOUS) throw unauthorized();
      const path = readPath(exchange.path);
      const request = path === undefined ? undefined : resourceRequest(exchange, path);
      if (request === undefined || path?.name === undefined) throw pathNotFound();
      authorize(exchange, path);
      if (request.definition.type.namespaced !== (path.namespace !== undefined)) throw pathNotFound();
      await handleUpgrade({ ...request, namespace: path.namespace ?? '', name: path.name }, socket, head);
    },
  };
}

/** Throws Forbidden for what the user may not do. */
function authorize({ user, method, query }: Exchange, path: ResourcePath): void {
  const { group, plural, namespace, name, subresource } = path;
  const watch = path.watch || (name === undefined && isTrue(query.get('watch')));
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const attributes: ResourceAttributes = {
    ...{ group, resource, namespace, name },
    verb: watch ? 'watch' : verbOf(method, name !== undefined),
  };
  if (mayAccess(user, attributes)) return;
  const qualified = group === '' ? plural : `${plural}.${group}`;
  const what = name === undefined ? qualified : `${qualified} "${name}"`;
  throw statusError(403, 'Forbidden', `${what} is forbidden: ${refusalOf(user, attributes)}`, {
    ...(name === undefined ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: plural,
  });
}

/** Throws BadRequest for a broken escape. */
function readPath(path: string): ResourcePath | undefined {
  try {
    return parseResourcePath(path);
  } catch (error) {
    if (error instanceof URIError) throw badRequest(`invalid URL escape in ${JSON.stringify(path)}`);
    throw error;
  }
}

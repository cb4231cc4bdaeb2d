/**
 * The API server: HTTP(S) over whatever sockets it is given. Listeners belong to their makers (the host's loopback, a
 * node's namespace); the server takes their connections and knows nothing of where they come from.
 */
import { createServer, type Server as HttpServer, type IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../objects/component.ts';
import type { ApiCore } from './api-core.ts';
import { actingUser, isImpersonation } from './auth/impersonation.ts';
import { ANONYMOUS, grantAuthenticator, type TokenGrant, type User } from './auth/tokens.ts';
import { Connections } from './connections.ts';
import type { Dial } from './dial.ts';
import { answerClientError } from './http/client-error.ts';
import { type Exchange, sendError } from './http/exchange.ts';
import { originGuard, ownNames } from './http/origin-guard.ts';
import { createRouter } from './http/router.ts';
import type { KubeletConnector } from './kubelet-connector.ts';
import { asApiError, badRequest } from './status-error.ts';

export interface ApiServerOptions {
  readonly core: ApiCore;
  readonly kubelets: KubeletConnector;
  /** For `proxy`; absent: the cluster's network is out of reach. */
  readonly dial?: Dial;
  readonly tokens: readonly TokenGrant[];
  /** PEM texts; plain HTTP without (tests and benchmarks on a loopback). */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** `v1.36.0`. */
  readonly kubernetesVersion: string;
  /** What `/readyz` says; absent: ready. */
  readonly ready?: () => boolean;
  readonly logger?: Logger;
  /** Absent: `DEADLINES`. */
  readonly deadlines?: Deadlines;
}

/** Milliseconds a client may take; one that is slower is cut off. */
export interface Deadlines {
  readonly handshake: number;
  /** From the connection, or the first byte of a later request, to the end of its headers. */
  readonly headers: number;
  /** To the end of its body. */
  readonly request: number;
}

export interface ApiServer {
  /** Serves every connection of a listener. */
  attach(listener: Server): void;
  /** Serves one accepted connection. */
  handleConnection(socket: Socket): void;
  /** Ends all connections. The listeners stay with their makers. Idempotent. */
  close(): void;
}

/** Longer than clients keep an idle connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 180_000;
const DEADLINES: Deadlines = { handshake: 10_000, headers: 15_000, request: 300_000 };
/** How often deadlines are looked at, at least as often as the shortest of them. */
const CHECK_EVERY_MS = 1000;

/** Idle time before TCP probes a client: one whose link was cut must not hold its watches for ever. */
const TCP_KEEPALIVE_MS = 15_000;

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { core, kubelets, dial = dialNowhere, tokens, tls, kubernetesVersion, ready = () => true, logger } = options;
  const { deadlines = DEADLINES } = options;
  const health = { kubernetesVersion, ready };
  const byGrant = grantAuthenticator(tokens);
  const authenticate = (token: string) => byGrant(token) ?? core.serviceAccountTokens.identify(token);
  const router = createRouter({ core, kubelets, dial, authenticate, health });
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: deadlines.headers,
    requestTimeout: deadlines.request,
    connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, deadlines.headers),
  };
  const server: HttpServer =
    tls === undefined
      ? createServer(limits)
      : createTlsServer({ ...limits, ...tls, ALPNProtocols: ['http/1.1'], handshakeTimeout: deadlines.handshake });
  // Node looks at the deadlines of requests only while it believes that the server listens; ours takes others' sockets.
  server.emit('listening');
  const guard = originGuard(ownNames(tls?.cert));
  const connections = new Connections();
  const identify = (request: IncomingMessage): User => {
    const { headers, socket } = request;
    guard(headers);
    const user = router.identify(headers.authorization);
    if (user === ANONYMOUS) return user;
    connections.welcome(socket);
    return Object.keys(headers).some(isImpersonation) ? actingUser(user, request.headersDistinct) : user;
  };
  const context = { identify, logger };
  const answers = new WeakMap<Duplex, ServerResponse>();

  server.on('request', (request, response) => {
    answers.set(request.socket, response);
    void serve(context, request, response, (exchange) => router.handle(exchange));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    // Until the handshake the connection still speaks HTTP: a refusal is answered as any other.
    const response = new ServerResponse(request);
    const refuse = () => {
      response.shouldKeepAlive = false;
      response.assignSocket(socket as Socket);
      response.on('finish', () => (socket as Socket).destroySoon());
    };
    void serve(context, request, response, (exchange) => router.upgrade(exchange, socket, head), refuse);
  });
  server.on('clientError', (error, socket) => answerClientError(error, socket, answers.get(socket)));

  return {
    attach(listener) {
      listener.on('connection', (socket) => this.handleConnection(socket));
    },
    handleConnection(socket) {
      connections.add(socket);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
      server.emit('connection', socket);
    },
    close() {
      server.close();
      connections.destroyAll();
    },
  };
}

const dialNowhere: Dial = () => new Socket().destroy(new Error('this API server has no way into the cluster'));

interface ServeContext {
  /** The user of a request that may be served. Throws what is to be answered instead. */
  identify(request: IncomingMessage): User;
  readonly logger: Logger | undefined;
}

async function serve(
  { identify, logger }: ServeContext,
  request: IncomingMessage,
  response: ServerResponse,
  answer: (exchange: Exchange) => Promise<void>,
  beforeRefusal?: () => void,
): Promise<void> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const exchange = {
    ...{ request, response, method: request.method ?? 'GET', user: ANONYMOUS },
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    warnings: new Set<string>(),
  };
  try {
    if (!exchange.path.startsWith('/')) throw badRequest('the request has no path');
    await answer({ ...exchange, user: identify(request) });
  } catch (error) {
    const { code } = asApiError(error);
    // A client that went away in the middle of its request is no failure of ours, and hears no answer.
    if (request.destroyed && !request.complete) return;
    if (code >= 500 && code !== 504)
      logger?.error('request failed', { method: exchange.method, path: exchange.path, error });
    beforeRefusal?.();
    sendError(exchange, error);
  }
}

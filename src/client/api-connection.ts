/**
 * HTTP to one API server: knows requests, deadlines and connections kept alive, and nothing of Kubernetes but the bearer
 * token. Requests share a few connections; streams (watches) have one each. Sockets are api-socket.ts's.
 */
import type { AgentOptions, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type ApiSocketOptions, hostOf, portOf, type SocketOpener, socketOpener } from './api-socket.ts';

export interface ApiConnectionOptions extends ApiSocketOptions {
  /** Bearer token, or a function that is asked before each request (tokens that are renewed). */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>);
  readonly userAgent?: string;
  /** Milliseconds until a request must have been answered in full, and a stream have begun. Default 30,000. */
  readonly deadlineMs?: number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

const DEADLINE_MS = 30_000;
const MOST_BODY_BYTES = 256 * 1024 * 1024;
/** Connections for requests: few, since each costs a TLS handshake on both ends. */
const MOST_CONNECTIONS = 6;

/** The answer's status and whole body. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export class ApiConnection {
  readonly #url: URL;
  readonly #options: ApiConnectionOptions;
  readonly #requests: HttpAgent;
  readonly #streams: HttpAgent;

  constructor(options: ApiConnectionOptions) {
    this.#url = new URL(options.server);
    this.#options = options;
    const secure = this.#url.protocol === 'https:';
    const open = socketOpener(options);
    this.#requests = agentOf(secure, open, { keepAlive: true, maxSockets: MOST_CONNECTIONS });
    this.#streams = agentOf(secure, open, { keepAlive: false });
  }

  /** Sends a request and reads its whole answer. Rejects when the connection fails or the deadline passes. */
  async request(request: ApiRequest): Promise<ApiAnswer> {
    try {
      return await this.#exchange(request);
    } catch (error) {
      // A kept-alive connection may be closed by the server just as we use it; only a read is safe to repeat.
      if (request.method === 'GET' && error instanceof StaleConnectionError) return await this.#exchange(request);
      throw error;
    }
  }

  /** Opens a stream: resolves with the response as soon as its head has come. The signal ends it at any time. */
  async stream(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = await this.#headers(request);
    return await new Promise((resolve, reject) => {
      const message = this.#send(request, headers, this.#streams, signal);
      const deadline = this.#deadline(message, request);
      message.once('response', (response) => {
        clearTimeout(deadline);
        resolve(response);
      });
      message.on('error', (error) => {
        clearTimeout(deadline);
        reject(error);
      });
    });
  }

  /** Closes idle connections. Requests under way finish. */
  close(): void {
    this.#requests.destroy();
    this.#streams.destroy();
  }

  async #exchange(request: ApiRequest): Promise<ApiAnswer> {
    const headers = await this.#headers(request);
    return await new Promise((resolve, reject) => {
      const message = this.#send(request, headers, this.#requests);
      const deadline = this.#deadline(message, request);
      const fail = (error: Error): void => {
        clearTimeout(deadline);
        const code = (error as NodeJS.ErrnoException).code;
        reject(message.reusedSocket && code === 'ECONNRESET' ? new StaleConnectionError(error) : error);
      };
      message.on('error', fail);
      message.once('response', (response) => {
        readBody(response).then((body) => {
          clearTimeout(deadline);
          const answer = { status: response.statusCode ?? 0, body };
          // Only at 'close' is the connection free for the caller's next request.
          if (message.closed) resolve(answer);
          else message.once('close', () => resolve(answer));
        }, fail);
      });
    });
  }

  async #headers(request: ApiRequest): Promise<OutgoingHttpHeaders> {
    const { token } = this.#options;
    const bearer = typeof token === 'function' ? await token() : token;
    const headers: OutgoingHttpHeaders = {
      accept: 'application/json',
      'user-agent': this.#options.userAgent ?? 'podwire',
    };
    if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`;
    if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
    return headers;
  }

  /**
   * Sends at once. The caller listens for 'error' before it awaits anything: an interface that is down fails before the
   * next promise goes on. It listens to the end: a request given up may fail once more.
   */
  #send(request: ApiRequest, headers: OutgoingHttpHeaders, agent: HttpAgent, signal?: AbortSignal): ClientRequest {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    const prefix = this.#url.pathname.replace(/\/$/, '');
    const message = send({
      host: hostOf(this.#url),
      port: portOf(this.#url),
      method: request.method,
      path: prefix + request.path,
      headers: body === undefined ? headers : { ...headers, 'content-length': body.length },
      agent,
      ...(signal === undefined ? {} : { signal }),
    });
    message.setNoDelay(true);
    message.end(body);
    return message;
  }

  #deadline(message: ClientRequest, request: ApiRequest): NodeJS.Timeout {
    const ms = this.#options.deadlineMs ?? DEADLINE_MS;
    return setTimeout(() => {
      const what = `${request.method} ${request.path.split('?')[0]}`;
      message.destroy(new Error(`no answer from ${this.#url.host} to ${what} within ${ms / 1000} s`));
    }, ms);
  }
}

/** The server had closed a kept-alive connection before it read the request. */
class StaleConnectionError extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function agentOf(secure: boolean, open: SocketOpener, options: AgentOptions): HttpAgent {
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  agent.createConnection = open;
  return agent;
}

/** Reads a response to its end; rejects when it is cut short or longer than any answer of a lab can be. */
export async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw new Error(`answer longer than ${MOST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

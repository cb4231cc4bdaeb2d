/** A request for the program behind a proxy path, and what both ways of serving it need. */
import { type ClientRequest, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { dialErrorText } from '../../net/dial-error.ts';
import type { Dial } from '../dial.ts';
import type { ObjectRequest } from '../http/resource-request.ts';
import { badRequest, statusError } from '../status-error.ts';
import { requestHeaders } from './proxy-headers.ts';
import { type ProxyLocation, proxyLocation } from './proxy-location.ts';

export interface ProxyRequest {
  readonly location: ProxyLocation;
  /** The path up to and with `/proxy`, as the client wrote it. */
  readonly prefix: string;
  /** What follows it; empty when nothing does. */
  readonly path: string;
  /** With its question mark; empty when there is none. */
  readonly query: string;
  /** By what names the program may call itself in a redirection. */
  readonly hosts: readonly string[];
}

/** Throws as `proxyLocation`. */
export function proxyRequest(request: ObjectRequest): ProxyRequest {
  const { exchange, path } = request;
  const location = proxyLocation(request);
  const url = exchange.request.url!;
  // Cut, not decoded: the program gets the path as the client wrote it.
  const depth = exchange.path.split('/').filter((part) => part !== '').length - path.rest.length;
  const prefix = new RegExp(`^(?:/+[^/]+){${depth}}`).exec(exchange.path)![0];
  const host = location.host.includes(':') ? `[${location.host}]` : location.host;
  return {
    location,
    prefix,
    path: exchange.path.slice(prefix.length),
    query: url.slice(exchange.path.length),
    hosts: [exchange.request.headers.host ?? '', `${host}:${location.port}`, host],
  };
}

/** Begins the request; the caller sends a body, or ends it. Throws BadRequest for a path HTTP does not allow. */
export function beginRequest(
  { exchange, dial, kubelets }: ObjectRequest,
  { location, path, query }: ProxyRequest,
  moreHeaders: readonly string[],
): ClientRequest {
  // A kubelet knows us, and would know nothing of our clients.
  const { credential: token } = kubelets;
  const credential = location.isKubelet === true && token !== undefined ? ['Authorization', `Bearer ${token}`] : [];
  try {
    return httpRequest({
      method: exchange.method,
      path: `${path || '/'}${query}`,
      headers: [...requestHeaders(exchange.request, exchange.path), ...credential, ...moreHeaders],
      createConnection: () => connection(dial, location),
    });
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

/** Kubernetes does not verify who answers for a pod: certificates are the pods' own. */
function connection(dial: Dial, { scheme, host, port }: ProxyLocation): Duplex {
  const socket = dial({ host, port });
  return scheme === 'http' ? socket : connectTls({ socket, rejectUnauthorized: false });
}

/** The answer when the program cannot be reached. */
export function unreachable(error: unknown, location: ProxyLocation) {
  const text = `error trying to reach service: ${dialErrorText(error, location)}`;
  return statusError(503, 'ServiceUnavailable', text, { causes: [{ reason: 'ServiceUnavailable', message: text }] });
}

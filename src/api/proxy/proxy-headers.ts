/** Headers that pass through a proxy, as they stand on the wire: name, value, name, value. */
import type { IncomingMessage } from 'node:http';
import { isImpersonation } from '../auth/impersonation.ts';

/** Those of one connection (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);
/** Of a program in a pod, these would give other sites' scripts the API's answers. */
const CROSS_ORIGIN = /^access-control-allow-/;
/** The token is for us alone, `expect` has been answered by us, and the others we write ourselves. */
const OURS = new Set(['authorization', 'expect', 'content-length', 'x-forwarded-for', 'x-forwarded-uri']);

/** The headers for the program behind the proxy, without those that frame a body: never the client's token. */
export function requestHeaders(request: IncomingMessage, path: string): string[] {
  const headers = filtered(request, (name) => !OURS.has(name) && !isImpersonation(name));
  const forwarded = [request.headers['x-forwarded-for'], request.socket.remoteAddress].flat().filter(Boolean);
  if (forwarded.length > 0) headers.push('X-Forwarded-For', forwarded.join(', '));
  headers.push('X-Forwarded-Uri', path);
  return headers;
}

/** How the request's body is framed, said anew: the body's end must be where we saw it. Empty when it has none. */
export function bodyHeaders({ headers }: IncomingMessage): string[] {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  return headers['content-length'] === undefined ? [] : ['Content-Length', headers['content-length']];
}

/**
 * The headers of the program's answer, its own redirections led back through the proxy (`prefix`). A body that is `changed` on its way
 * has another length.
 */
export function responseHeaders(
  response: IncomingMessage,
  prefix: string,
  hosts: readonly string[],
  changed = false,
): string[] {
  const headers = filtered(response, (name) => !CROSS_ORIGIN.test(name) && !(changed && name === 'content-length'));
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]!.toLowerCase() === 'location') headers[at + 1] = throughProxy(headers[at + 1]!, prefix, hosts);
  }
  return headers;
}

function filtered({ rawHeaders, headers }: IncomingMessage, passes: (name: string) => boolean): string[] {
  const named = String(headers.connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  return rawHeaders.flatMap((name, index) => {
    if (index % 2 === 1) return [];
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named.includes(lower) || !passes(lower)) return [];
    return [name, rawHeaders[index + 1]!];
  });
}

/** A link to a path, or to one of `hosts`, as the same through the proxy. Others, and relative ones, stay. */
export function throughProxy(location: string, prefix: string, hosts: readonly string[]): string {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(location);
  if (absolute !== null && !hosts.includes(absolute[1]!)) return location;
  const path = absolute === null ? location : absolute[2] || '/';
  if (!path.startsWith('/') || path.startsWith('//') || path.startsWith(`${prefix}/`)) return location;
  return prefix + path;
}

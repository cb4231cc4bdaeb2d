/** `proxy` over HTTP: request and answer pass through as they come. */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ObjectRequest } from '../http/resource-request.ts';
import { pageChanges } from './page-changes.ts';
import { bodyHeaders, responseHeaders } from './proxy-headers.ts';
import { beginRequest, type ProxyRequest, proxyRequest, unreachable } from './proxy-request.ts';

export async function handleProxy(request: ObjectRequest): Promise<void> {
  const proxy = proxyRequest(request);
  const { request: incoming, response } = request.exchange;
  if (proxy.path === '') {
    // Relative links of a page need the slash.
    response.writeHead(301, { Location: `${proxy.prefix}/${proxy.query}`, 'Content-Length': 0 }).end();
    return;
  }
  const answer = await answerTo(request, proxy);
  const changes = incoming.method === 'HEAD' ? [] : pageChanges(answer, proxy);
  const headers = responseHeaders(answer, proxy.prefix, proxy.hosts, changes.length > 0);
  response.writeHead(answer.statusCode!, headers);
  response.flushHeaders();
  // Either end may go first: then the other is cut, as far as it has come.
  await pipeline([answer, ...changes, response]).catch(() => incoming.destroy());
}

/** Resolves with the head of the answer; rejects when there is none. */
function answerTo(request: ObjectRequest, proxy: ProxyRequest): Promise<IncomingMessage> {
  const { request: incoming, response } = request.exchange;
  const framing = bodyHeaders(incoming);
  const outgoing = beginRequest(request, proxy, framing);
  response.on('close', () => outgoing.destroy());
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', (error) => reject(unreachable(error, proxy.location)));
    if (framing.length === 0) {
      outgoing.end();
      return;
    }
    // Not held back for a body that may be long in coming. A program may answer before it has read all of it.
    outgoing.flushHeaders();
    incoming.pipe(outgoing);
  });
}

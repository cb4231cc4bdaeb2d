/** /openapi/v2 and /openapi/v3…, with what clients need to keep the documents. */
import type { OpenApi, OpenApiDocument } from '../openapi/open-api.ts';
import { notAcceptable, pathNotFound } from '../status-error.ts';
import { type Exchange, sendJson } from './exchange.ts';
import { JSON_TYPE } from './negotiation.ts';

const V3 = '/openapi/v3';

/** Throws 404, and 406 for a client that takes protobuf only. */
export async function handleOpenApi(openApi: OpenApi, exchange: Exchange): Promise<void> {
  const { path } = exchange;
  requireJson(exchange.request.headers.accept);
  if (path === '/openapi/v2') return sendDocument(exchange, await openApi.v2());
  if (path === V3) return sendJson(exchange, 200, JSON.stringify(await openApi.index()));
  const document = path.startsWith(`${V3}/`) ? await openApi.v3(path.slice(V3.length + 1)) : undefined;
  if (document === undefined) throw pathNotFound();
  // The index names a document by its hash: under that address it never changes.
  if (exchange.query.get('hash') === document.hash) {
    exchange.response.setHeader('Expires', new Date(Date.now() + 31_536_000_000).toUTCString());
  }
  sendDocument(exchange, document);
}

function sendDocument(exchange: Exchange, { text, hash }: OpenApiDocument): void {
  const tag = `"${hash}"`;
  exchange.response.setHeader('ETag', tag);
  exchange.response.setHeader('Vary', 'Accept');
  if (exchange.request.headers['if-none-match'] === tag) {
    exchange.response.writeHead(304).end();
    return;
  }
  sendJson(exchange, 200, text);
}

function requireJson(accept: string | undefined): void {
  const ranges = (accept ?? '*/*').split(',').map((range) => range.split(';')[0]!.trim());
  if (ranges.some((range) => range === '' || range === JSON_TYPE || range === 'application/*' || range === '*/*'))
    return;
  throw notAcceptable([JSON_TYPE]);
}

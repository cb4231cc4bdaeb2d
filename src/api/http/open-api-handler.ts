/** /openapi/v2 and /openapi/v3…, with what clients need to keep the documents. */
import type { OpenApi, OpenApiDocument } from '../openapi/open-api.ts';
import { notAcceptable, pathNotFound } from '../status-error.ts';
import { type Exchange, sendBody } from './exchange.ts';
import { JSON_TYPE } from './negotiation.ts';

const V3 = '/openapi/v3';

const AS_JSON = new Set(['', JSON_TYPE, 'application/*', '*/*']);

const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** The name clients ask by; no media type may have its `@`, so it is answered under the other. */
const V2_PROTOBUF_ASKED = new Set([V2_PROTOBUF, V2_PROTOBUF.replace('v2.v1', 'v2@v1')]);

/** Throws 404, and 406 for a client that takes none of the forms there are. */
export async function handleOpenApi(openApi: OpenApi, exchange: Exchange): Promise<void> {
  const { path } = exchange;
  const types = acceptedTypes(exchange.request.headers.accept);
  if (path === '/openapi/v2' && types.some((type) => V2_PROTOBUF_ASKED.has(type))) {
    return sendDocument(exchange, await openApi.v2Protobuf(), V2_PROTOBUF);
  }
  if (!types.some((type) => AS_JSON.has(type))) throw notAcceptable([JSON_TYPE]);
  if (path === '/openapi/v2') return sendDocument(exchange, await openApi.v2());
  if (path === V3) return sendBody(exchange, 200, JSON.stringify(await openApi.index()));
  const document = path.startsWith(`${V3}/`) ? await openApi.v3(path.slice(V3.length + 1)) : undefined;
  if (document === undefined) throw pathNotFound();
  // The index names a document by its hash: under that address it never changes.
  if (exchange.query.get('hash') === document.hash) {
    exchange.response.setHeader('Expires', new Date(Date.now() + 31_536_000_000).toUTCString());
  }
  sendDocument(exchange, document);
}

function sendDocument(exchange: Exchange, { body, hash }: OpenApiDocument, type = JSON_TYPE): void {
  const tag = `"${hash}"`;
  exchange.response.setHeader('ETag', tag);
  exchange.response.setHeader('Vary', 'Accept');
  if (exchange.request.headers['if-none-match'] === tag) {
    exchange.response.writeHead(304).end();
    return;
  }
  sendBody(exchange, 200, body, type);
}

/** The media types of an `Accept` header, without parameters. */
function acceptedTypes(accept: string | undefined): string[] {
  return (accept ?? '*/*').split(',').map((range) => range.split(';')[0]!.trim());
}

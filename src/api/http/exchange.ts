/** One request and its answer, as the handlers see them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { User } from '../auth/tokens.ts';
import { asApiError } from '../status-error.ts';
import { drained, endAfterRequest } from './drain.ts';
import { JSON_TYPE } from './negotiation.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Without the query, still escaped. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly warnings: Set<string>;
}

/** Kubernetes' limit on the texts of Warning headers, all together. */
const WARNINGS_LIMIT = 4096;

/** Answers with a body that is there as a whole, JSON unless said otherwise. */
export function sendBody(exchange: Exchange, code: number, content: string | Uint8Array, type = JSON_TYPE): void {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  writeHead(exchange, code, type, body);
  exchange.response.end(exchange.method === 'HEAD' ? undefined : body);
}

function writeHead(exchange: Exchange, code: number, type: string, body: Uint8Array): void {
  setWarnings(exchange);
  exchange.response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-cache, private',
  });
}

export function sendText(exchange: Exchange, code: number, text: string): void {
  sendBody(exchange, code, text, 'text/plain; charset=utf-8');
}

/** Answers with a text that comes in pieces, each made when the client has taken those before. */
export async function sendPieces(exchange: Exchange, pieces: Iterable<string>): Promise<void> {
  const { response } = exchange;
  setWarnings(exchange);
  response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-cache, private' });
  for (const piece of pieces) {
    if (!response.write(piece)) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}

/** Answers with the Status of what went wrong; cuts the connection when an answer is under way already. */
export function sendError(exchange: Exchange, error: unknown): void {
  const { response } = exchange;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code } = asApiError(error);
  // A body left unread would be taken for the next request.
  const isUnread = !exchange.request.complete;
  if (isUnread) response.setHeader('Connection', 'close');
  if (code === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  const retry = status.details?.retryAfterSeconds;
  if (retry !== undefined) response.setHeader('Retry-After', retry);
  const body = Buffer.from(`${JSON.stringify(status)}\n`);
  writeHead(exchange, code, JSON_TYPE, body);
  if (exchange.method !== 'HEAD') response.write(body);
  if (isUnread) endAfterRequest(exchange.request, response);
  else response.end();
}

/** Collects the texts of `Warning:` headers. */
export function warner({ warnings }: Exchange): (message: string) => void {
  return (message) => warnings.add(message);
}

export function setWarnings({ response, warnings }: Exchange): void {
  let length = 0;
  const headers: string[] = [];
  for (const warning of warnings) {
    length += warning.length;
    if (length > WARNINGS_LIMIT) break;
    headers.push(`299 - "${headerText(warning)}"`);
  }
  if (headers.length > 0) response.setHeader('Warning', headers);
}

/** A quoted string as RFC 9110 has it; what no header may hold becomes a space. */
function headerText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are not allowed in a header
  return text.replace(/[\u0000-\u001f\u007f]|[^\u0000-\u00ff]/g, ' ').replace(/[\\"]/g, '\\$&');
}

/** Answers with stored objects, in the negotiated form and encoding. */
import type { ResourceDefinition } from '../resource-definition.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { type Exchange, sendBody, sendPieces } from './exchange.ts';
import type { ListPage } from './list-page.ts';
import { type AnswerForm, negotiate } from './negotiation.ts';
import { type Representation, representationOf } from './representation.ts';
import { parseIncludeObject } from './table.ts';

/** The form this client asked for. Throws 406. */
export function negotiated(
  exchange: Exchange,
  definition: ResourceDefinition,
): { readonly form: AnswerForm; readonly representation: Representation } {
  const form = negotiate(exchange.request.headers.accept);
  const include = parseIncludeObject(exchange.query.get('includeObject'));
  return { form, representation: representationOf(definition, form, include) };
}

/** One object of the resource. */
export async function answerObject(
  exchange: Exchange,
  definition: ResourceDefinition,
  code: number,
  entry: StoredObject,
): Promise<void> {
  const { form, representation } = negotiated(exchange, definition);
  await answerText(exchange, form, code, representation.object(entry));
}

/** A list of the resource. */
export async function answerList(exchange: Exchange, definition: ResourceDefinition, page: ListPage): Promise<void> {
  const { form, representation } = negotiated(exchange, definition);
  const pieces = representation.list(page.entries, page.meta);
  if (form.encoding === 'json') await sendPieces(exchange, pieces);
  else await answerText(exchange, form, 200, [...pieces].join(''));
}

/** Something that is no stored resource (a Status, a Scale, a review). */
export async function answerValue(exchange: Exchange, code: number, value: unknown): Promise<void> {
  const form = negotiate(exchange.request.headers.accept);
  await answerText(exchange, form, code, JSON.stringify(value));
}

async function answerText(exchange: Exchange, form: AnswerForm, code: number, json: string): Promise<void> {
  if (form.encoding === 'json') {
    sendBody(exchange, code, json.endsWith('\n') ? json : `${json}\n`);
    return;
  }
  const { stringify } = await import('yaml');
  sendBody(exchange, code, stringify(JSON.parse(json)), 'application/yaml');
}

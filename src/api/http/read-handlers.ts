/** GET: one object, a list, a watch. */
import { parseFieldSelector } from '../../objects/selectors.ts';
import { compileSelection, getObject, type Selection } from '../operations/read.ts';
import { badRequest, pathNotFound } from '../status-error.ts';
import { answerList, answerObject, negotiated } from './answer.ts';
import { listPage } from './list-page.ts';
import type { ObjectRequest, ResourceRequest } from './resource-request.ts';
import { handleWatch, isTrue } from './watch-handler.ts';

export async function handleGet({ core, definition, exchange, namespace, name }: ObjectRequest): Promise<void> {
  await answerObject(exchange, definition, 200, getObject(core, definition, namespace, name));
}

export async function handleList(request: ResourceRequest): Promise<void> {
  const { core, definition, exchange, path } = request;
  const { query } = exchange;
  if (isTrue(query.get('watch'))) return watchSelection(request, selectionOf(query));
  const filter = compileSelection(definition, selectionOf(query));
  await answerList(exchange, definition, listPage(core, definition, { namespace: path.namespace, filter, query }));
}

/** `…/watch/…`: a watch of the collection, or of the one object the path names. Throws BadRequest for a selector of another. */
export async function handleWatchPath(request: ResourceRequest): Promise<void> {
  const { definition, path } = request;
  const { name, subresource } = path;
  if (subresource !== undefined) throw pathNotFound();
  const asked = selectionOf(request.exchange.query);
  if (name === undefined) return watchSelection(request, asked);
  if (asked.fieldSelector === '') return watchSelection(request, { ...asked, fieldSelector: `metadata.name=${name}` });
  // What cannot be read is refused first.
  compileSelection(definition, asked);
  const terms = parseFieldSelector(asked.fieldSelector);
  if (!terms.some(({ field, equals, value }) => field === 'metadata.name' && equals && value === name)) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  }
  return watchSelection(request, asked);
}

function selectionOf(query: URLSearchParams): Required<{ [key in keyof Selection]: string }> {
  return { labelSelector: query.get('labelSelector') ?? '', fieldSelector: query.get('fieldSelector') ?? '' };
}

async function watchSelection(
  { core, definition, exchange, path }: ResourceRequest,
  selection: Selection,
): Promise<void> {
  const interest = { namespace: path.namespace, filter: compileSelection(definition, selection) };
  await handleWatch(core, definition, exchange, interest, negotiated(exchange, definition).representation);
}

/** GET: one object, a list, a watch. */
import { compileSelection, getObject } from '../operations/read.ts';
import { answerList, answerObject, negotiated } from './answer.ts';
import { listPage } from './list-page.ts';
import type { ObjectRequest, ResourceRequest } from './resource-request.ts';
import { handleWatch, isTrue } from './watch-handler.ts';

export async function handleGet({ core, definition, exchange, namespace, name }: ObjectRequest): Promise<void> {
  await answerObject(exchange, definition, 200, getObject(core, definition, namespace, name));
}

export async function handleList({ core, definition, exchange, path }: ResourceRequest): Promise<void> {
  const { query } = exchange;
  const filter = compileSelection(definition, {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
  });
  const { namespace } = path;
  if (isTrue(query.get('watch'))) {
    const { representation } = negotiated(exchange, definition);
    await handleWatch(core, definition, exchange, { namespace, filter }, representation);
  } else {
    await answerList(exchange, definition, listPage(core, definition, { namespace, filter, query }));
  }
}

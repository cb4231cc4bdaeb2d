/** DELETE of one object, and of what a selection of a collection holds. */
import type { DeleteOptions } from '../../objects/transport.ts';
import { deleteObject } from '../operations/delete.ts';
import { compileSelection } from '../operations/read.ts';
import { badRequest, methodNotAllowed } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { answerList, answerObject, answerValue } from './answer.ts';
import { readValue } from './body.ts';
import type { Exchange } from './exchange.ts';
import { listPage } from './list-page.ts';
import type { ObjectRequest, ResourceRequest } from './resource-request.ts';
import { writeRequest } from './write-parameters.ts';

interface DeleteBody extends DeleteOptions {
  readonly kind?: string;
  readonly orphanDependents?: boolean;
  readonly dryRun?: readonly string[];
}

type PropagationPolicy = NonNullable<DeleteOptions['propagationPolicy']>;

const POLICIES: readonly PropagationPolicy[] = ['Background', 'Foreground', 'Orphan'];

export async function handleDelete({ core, definition, exchange, namespace, name }: ObjectRequest): Promise<void> {
  const { options, inBody } = await readOptions(exchange);
  const request = writeRequest(exchange, 'DeleteOptions', inBody);
  const { removed, entry } = deleteObject(core, definition, namespace, name, options, request);
  if (!removed) return answerObject(exchange, definition, 200, entry);
  const { group, plural } = definition.type;
  const details = { name, ...(group === '' ? {} : { group }), kind: plural, uid: entry.object.metadata?.uid };
  await answerValue(exchange, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

export async function handleDeleteCollection({ core, definition, exchange, path }: ResourceRequest): Promise<void> {
  if (definition.type.namespaced && path.namespace === undefined) throw methodNotAllowed();
  const { query } = exchange;
  const { options, inBody } = await readOptions(exchange);
  const request = writeRequest(exchange, 'DeleteOptions', inBody);
  const filter = compileSelection(definition, {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
  });
  const { entries, meta } = listPage(core, definition, { namespace: path.namespace, filter, query });
  const deleted: StoredObject[] = [];
  for (const { object } of entries) {
    const { namespace = '', name = '' } = object.metadata ?? {};
    deleted.push(deleteObject(core, definition, namespace, name, options, request).entry);
  }
  await answerList(exchange, definition, { entries: deleted, meta });
}

/** The options of the body, or those of the query. Throws BadRequest. */
async function readOptions(exchange: Exchange): Promise<{ options: DeleteOptions; inBody: readonly string[] }> {
  const body = (await readValue(exchange.request)).value as DeleteBody | undefined;
  if (body !== undefined && (typeof body !== 'object' || body === null)) {
    throw badRequest('the object provided is unrecognized (must be of type DeleteOptions)');
  }
  const options = body ?? optionsOfQuery(exchange.query);
  const policy = options.propagationPolicy ?? (options.orphanDependents === true ? 'Orphan' : undefined);
  if (policy !== undefined && !POLICIES.includes(policy)) {
    throw badRequest(`invalid DeleteOptions: propagationPolicy: Invalid value: "${policy}"`);
  }
  const grace = options.gracePeriodSeconds;
  if (grace !== undefined && grace !== null && !Number.isInteger(grace)) {
    throw badRequest('invalid DeleteOptions: gracePeriodSeconds must be an integer');
  }
  return {
    options: {
      ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
      ...(policy === undefined ? {} : { propagationPolicy: policy }),
      ...(options.preconditions === undefined ? {} : { preconditions: options.preconditions }),
    },
    inBody: options.dryRun ?? [],
  };
}

function optionsOfQuery(query: URLSearchParams): DeleteBody {
  const grace = query.get('gracePeriodSeconds') ?? '';
  const policy = query.get('propagationPolicy') ?? '';
  if (grace !== '' && !/^-?\d{1,9}$/.test(grace)) {
    throw badRequest(`invalid DeleteOptions: gracePeriodSeconds: strconv.ParseInt: parsing "${grace}": invalid syntax`);
  }
  return {
    ...(grace === '' ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === '' ? {} : { propagationPolicy: policy as PropagationPolicy }),
    ...(query.get('orphanDependents') === 'true' ? { orphanDependents: true } : {}),
  };
}

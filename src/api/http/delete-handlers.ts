/** DELETE of one object, and of what a selection of a collection holds. */
import { type DeleteOptions, hasReason } from '../../objects/transport.ts';
import type { FieldError } from '../field-error.ts';
import { deleteObject } from '../operations/delete.ts';
import { compileSelection } from '../operations/read.ts';
import { cannotBeHandled } from '../schema/decode.ts';
import { badRequest, invalid, methodNotAllowed } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { answerList, answerObject, answerValue } from './answer.ts';
import { readValue } from './body.ts';
import { type BodyKind, problemsOf } from './decode-object.ts';
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

const POLICIES: readonly PropagationPolicy[] = ['Foreground', 'Background', 'Orphan'];

const OPTIONS: BodyKind = {
  apiVersion: 'v1',
  kind: 'DeleteOptions',
  schema: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
};

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
    try {
      deleted.push(deleteObject(core, definition, namespace, name, options, request).entry);
    } catch (error) {
      // A page of an earlier version may hold what is gone by now.
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }
  await answerList(exchange, definition, { entries: deleted, meta });
}

/** The options of the body, or those of the query. Throws BadRequest for what cannot be read, Invalid. */
async function readOptions(exchange: Exchange): Promise<{ options: DeleteOptions; inBody: readonly string[] }> {
  const { value } = await readValue(exchange.request);
  const asked = value === undefined ? optionsOfQuery(exchange.query) : decodedOptions(value);
  const { gracePeriodSeconds, preconditions, orphanDependents, dryRun = [] } = asked;
  const errors = problemsOfPolicy(asked);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: OPTIONS.kind }, '', errors);
  const propagationPolicy =
    asked.propagationPolicy ??
    (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : ('Background' as const));
  return {
    options: {
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      ...(preconditions === undefined ? {} : { preconditions }),
    },
    inBody: dryRun,
  };
}

function decodedOptions(value: unknown): DeleteBody {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('the object provided is unrecognized (must be of type DeleteOptions)');
  }
  problemsOf(OPTIONS, value, (problem) => cannotBeHandled(OPTIONS.kind, OPTIONS.apiVersion, problem));
  return value as DeleteBody;
}

/** The rules and words of apimachinery's ValidateDeleteOptions. */
function problemsOfPolicy({ propagationPolicy, orphanDependents }: DeleteBody): FieldError[] {
  if (propagationPolicy === undefined) return [];
  const [field, value] = ['propagationPolicy', JSON.stringify(propagationPolicy)];
  const both = 'orphanDependents and deletionPropagation cannot be both set';
  const supported = [...POLICIES, 'nil'].map((policy) => JSON.stringify(policy)).join(', ');
  const known: readonly string[] = POLICIES;
  return [
    ...(orphanDependents === undefined
      ? []
      : [{ type: 'FieldValueInvalid', field, message: `Invalid value: ${value}: ${both}` } as const]),
    ...(known.includes(propagationPolicy)
      ? []
      : [
          {
            type: 'FieldValueNotSupported',
            field,
            message: `Unsupported value: ${value}: supported values: ${supported}`,
          } as const,
        ]),
  ];
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

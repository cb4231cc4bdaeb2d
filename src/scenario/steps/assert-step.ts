/** The step `assert`: objects that exist and hold these fields. */
import type { ApiObject } from '../../objects/wire.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { resourceNamed } from '../resource-words.ts';
import type { Performer, StepContext } from '../step-context.ts';
import { getOne } from './resources.ts';
import { checkTree } from './tree-claims.ts';

type Expected = ApiObject & Record<string, unknown>;

/** The observation: those of the objects asked for that exist. */
export const ASSERT: Performer<StepOf<'assert'>, readonly ApiObject[]> = {
  command: () => undefined,
  observe: async (step, context) => {
    const found = await Promise.all(expectedOf(step).map((object) => find(object, context)));
    return found.flat();
  },
  judge: (step, objects) => ({ checks: expectedOf(step).map((expected) => assertCheck(expected, objects)) }),
  repeats: () => true,
};

function expectedOf({ assert }: StepOf<'assert'>): readonly Expected[] {
  return 'object' in assert ? [assert.object] : assert.objects;
}

/** The object of that kind and name, as a list of one, or an empty list. */
async function find({ kind = '', metadata }: Expected, context: StepContext): Promise<ApiObject[]> {
  const type = resourceNamed(kind);
  const namespace = type.namespaced ? { namespace: metadata?.namespace ?? context.namespace } : {};
  const objects = await getOne(type, { ...namespace, name: metadata?.name ?? '' }, context);
  return objects.map((object) => ({ ...object, kind: type.kind }));
}

function assertCheck(expected: Expected, objects: readonly ApiObject[]): Check {
  const { apiVersion, kind = '', metadata: wanted = {}, ...rest } = expected;
  const { name = '', namespace, ...ofMetadata } = wanted;
  const what = `${kind.toLowerCase()}/${name}`;
  const object = objects.find((one) => isMeant(expected, one));
  if (object === undefined) return { expected: `${what} exists`, observed: 'it does not', held: false };
  const hasMetadata = Object.keys(ofMetadata).length > 0;
  return checkTree(what, { ...rest, ...(hasMetadata ? { metadata: ofMetadata } : {}) }, object);
}

/** What it does not name (its group, a namespace) may be any. */
function isMeant({ apiVersion, kind = '', metadata = {} }: Expected, object: ApiObject): boolean {
  return (
    (apiVersion === undefined || apiVersion === object.apiVersion) &&
    resourceNamed(kind).kind === object.kind &&
    metadata.name === object.metadata?.name &&
    (metadata.namespace === undefined || metadata.namespace === object.metadata?.namespace)
  );
}

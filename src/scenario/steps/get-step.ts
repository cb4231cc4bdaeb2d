/** The step `get`: shows objects, counts them, and says what is true of each. */
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { ApiObject } from '../../objects/wire.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { checkNumber } from '../match.ts';
import type { Performer } from '../step-context.ts';
import { printed } from './command-claims.ts';
import { kubectl, kubectlLine } from './kubectl-call.ts';
import { nameOf, objectsOf } from './resources.ts';
import { checkTree } from './tree-claims.ts';

interface Listed {
  readonly objects: readonly ApiObject[];
  /** As kubectl shows them. */
  readonly table: ExecResult;
}

export const GET: Performer<StepOf<'get'>, Listed> = {
  command: ({ get }) => kubectlLine(argumentsOf(get)),
  observe: async ({ get }, context) => ({
    objects: await objectsOf(get.resource, get.selector, context),
    table: await kubectl(context, argumentsOf(get)),
  }),
  judge: ({ get, expect }, { objects, table }) => ({
    output: printed(table),
    checks: [
      ...checkNumber(`number of ${get.resource}`, expect?.count, objects.length),
      ...(expect?.each === undefined ? [] : eachCheck(get.resource, expect.each, objects)),
    ],
    result: objects,
  }),
  repeats: ({ expect }) => expect !== undefined,
};

function argumentsOf({ resource, selector }: StepOf<'get'>['get']): string[] {
  return ['get', resource, ...(selector ? ['-l', selector] : []), '-o', 'wide'];
}

/** Of no object nothing is true. */
function eachCheck(resource: string, tree: Record<string, unknown>, objects: readonly ApiObject[]): Check[] {
  if (objects.length === 0) return [{ expected: `a ${resource} to look at`, observed: 'there is none', held: false }];
  return objects.map((object) => checkTree(nameOf(object), tree, object));
}

/** False claims of the steps that look at objects. */
import type { ApiObject } from '../../../src/objects/wire.ts';
import type { StepOf } from '../../../src/scenario/definition/steps.ts';
import { expecting, inEach, type Mutant, NOWHERE, within } from './mutant.ts';
import { ofNumber, ofTree } from './values.ts';

/** Of a wait: another state, another number of objects. */
export function ofWait(step: StepOf<'wait'>, objects: readonly ApiObject[]): Mutant<unknown>[] {
  const { wait } = step;
  const mutants = [...ofState(wait.for), ...ofCount(wait.for, wait.count, objects.length)];
  return within(mutants, (part) => ({ ...step, wait: { ...wait, ...part } }));
}

/** Of a look at objects: another number of them, other fields in each. */
export function ofGet(step: StepOf<'get'>): Mutant<unknown>[] {
  const { count, each } = step.expect ?? {};
  return expecting(step, {
    count: count === undefined ? [] : ofNumber(count, 'expect.count'),
    each: each === undefined ? [] : ofTree(each, 'expect.each'),
  });
}

/** Of objects: another name, kind or field. */
export function ofAssert({ assert, ...step }: StepOf<'assert'>): Mutant<unknown>[] {
  return 'object' in assert
    ? within(ofTree(assert.object, 'object'), (object) => ({ ...step, assert: { object } }))
    : within(inEach<unknown>(assert.objects, 'objects', ofTree), (objects) => ({ ...step, assert: { objects } }));
}

interface OtherWait {
  readonly for?: string;
  readonly count?: number;
}

function ofState(state: string): Mutant<OtherWait>[] {
  const others = (...states: string[]) => states.map((one) => ({ what: `for → ${one}`, claim: { for: one } }));
  if (state === 'create') return others('delete');
  if (state === 'delete') return others('create');
  const [, name, status = 'True'] = /^condition=(\w+)(?:=(\w+))?$/.exec(state) ?? [];
  if (name !== undefined)
    return others(`condition=${name}=${status === 'True' ? 'False' : 'True'}`, `condition=${name}Nowhere=${status}`);
  return others(`${state}${NOWHERE}`, state.replace('}=', `.${NOWHERE}}=`));
}

/** What is gone is not counted. */
function ofCount(state: string, count: number | undefined, seen: number): Mutant<OtherWait>[] {
  if (state === 'delete') return [];
  return [seen + 1, ...(count === undefined || count === 0 ? [] : [seen - 1])].map((other) => ({
    what: `count → ${other}`,
    claim: { count: other },
  }));
}

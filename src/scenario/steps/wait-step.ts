/** The step `wait`: until objects are in a state, in the words of `kubectl wait`. */
import type { ApiObject } from '../../objects/wire.ts';
import { lookUp } from '../bindings.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { plural } from '../match.ts';
import type { Performer } from '../step-context.ts';
import { kubectlLine } from './kubectl-call.ts';
import { nameOf, objectsOf } from './resources.ts';

export const WAIT: Performer<StepOf<'wait'>, readonly ApiObject[]> = {
  command: ({ wait }) =>
    kubectlLine(['wait', `--for=${wait.for}`, wait.resource, ...(wait.selector ? ['-l', wait.selector] : [])]),
  observe: ({ wait }, context) => objectsOf(wait.resource, wait.selector, context),
  judge: ({ wait }, objects) => ({ checks: [waitCheck(wait, objects)], result: objects }),
  repeats: () => true,
};

function waitCheck(wait: StepOf<'wait'>['wait'], objects: readonly ApiObject[]): Check {
  const { for: state, resource, count } = wait;
  const what = `${resource}${wait.selector === undefined ? '' : ` with ${wait.selector}`}`;
  if (state === 'delete') {
    const left = objects.map(nameOf).join(', ');
    return { expected: `${what}: gone`, observed: left === '' ? 'gone' : `still there: ${left}`, held: left === '' };
  }
  const so = objects.filter((object) => isSo(state, object));
  const enough = count === undefined ? objects.length > 0 : objects.length === count;
  return {
    expected: `${what}: ${state}${count === undefined ? '' : `, ${plural(count, 'object')}`}`,
    observed:
      objects.length === 0
        ? 'there is none'
        : `${so.length} of ${objects.length}${so.length === objects.length ? '' : `; not yet: ${names(objects, so)}`}`,
    held: enough && so.length === objects.length,
  };
}

function isSo(state: string, object: ApiObject): boolean {
  if (state === 'create') return true;
  const [, name, status = 'True'] = /^condition=(\w+)(?:=(\w+))?$/.exec(state) ?? [];
  if (name !== undefined) {
    const { conditions = [] } =
      (object as { status?: { conditions?: { type: string; status: string }[] } }).status ?? {};
    return conditions.some((condition) => same(condition.type, name) && same(condition.status, status));
  }
  const [, path = '', value = ''] = /^jsonpath=\{\.?(.+)\}=(.*)$/.exec(state) ?? [];
  try {
    return String(lookUp(object, path)) === value;
  } catch {
    // The path ends early: the field is not there yet.
    return false;
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function names(all: readonly ApiObject[], without: readonly ApiObject[]): string {
  return all
    .filter((object) => !without.includes(object))
    .map(nameOf)
    .join(', ');
}

/** The steps that look at objects: kubectl (any command), wait, get, assert. */
import type { ApiObject } from '../../objects/wire.ts';
import { lookUp } from '../bindings.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { checkNumber, checkText, differences, leaves, plural } from '../match.ts';
import type { Performer, StepContext } from '../step-context.ts';
import { checkExit, kubectl, kubectlLine, printed } from './kubectl-call.ts';
import { getOne, objectsOf, resourceNamed } from './resources.ts';

export const KUBECTL: Performer<StepOf<'kubectl'>> = {
  command: (step) => kubectlLine(step.kubectl),
  attempt: async (step, context) => {
    const result = await kubectl(context, step.kubectl.map(String));
    const checks = [
      checkExit(result, step.expect?.exitCode),
      ...checkText('stdout', step.expect?.stdout, result.stdout),
      ...checkText('stderr', step.expect?.stderr, result.stderr),
    ];
    return { output: printed(result), checks, result: withJson(result) };
  },
  repeats: ({ expect }) => expect !== undefined,
};

export const WAIT: Performer<StepOf<'wait'>> = {
  command: ({ wait }) =>
    kubectlLine(['wait', `--for=${wait.for}`, wait.resource, ...(wait.selector ? ['-l', wait.selector] : [])]),
  attempt: async ({ wait }, context) => {
    const objects = await objectsOf(wait.resource, wait.selector, context);
    return { checks: [waitCheck(wait, objects)], result: objects };
  },
  repeats: () => true,
};

export const GET: Performer<StepOf<'get'>> = {
  command: ({ get }) => kubectlLine(['get', get.resource, ...(get.selector ? ['-l', get.selector] : []), '-o', 'wide']),
  attempt: async ({ get, expect }, context) => {
    const selector = get.selector === undefined ? [] : ['-l', get.selector];
    const objects = await objectsOf(get.resource, get.selector, context);
    const table = await kubectl(context, ['get', get.resource, ...selector, '-o', 'wide']);
    const each = expect?.each;
    return {
      output: printed(table),
      checks: [
        ...checkNumber(`number of ${get.resource}`, expect?.count, objects.length),
        ...(each === undefined ? [] : objects.flatMap((object) => treeChecks(nameOf(object), each, object))),
      ],
      result: objects,
    };
  },
  repeats: ({ expect }) => expect !== undefined,
};

export const ASSERT: Performer<StepOf<'assert'>> = {
  command: () => undefined,
  attempt: async ({ assert }, context) => {
    const expected = 'object' in assert ? [assert.object] : assert.objects;
    const checks = await Promise.all(expected.map((object) => assertObject(object, context)));
    return { checks: checks.flat() };
  },
  repeats: () => true,
};

async function assertObject(expected: ApiObject & Record<string, unknown>, context: StepContext): Promise<Check[]> {
  const { kind = '', metadata } = expected;
  const type = resourceNamed(kind);
  const name = metadata?.name ?? '';
  const namespace = type.namespaced ? { namespace: metadata?.namespace ?? context.namespace } : {};
  const what = `${kind.toLowerCase()}/${name}`;
  const [object] = await getOne(type, { ...namespace, name }, context);
  if (object === undefined) return [{ expected: `${what} exists`, observed: 'it does not', held: false }];
  const { apiVersion: _, kind: __, metadata: wanted = {}, ...rest } = expected;
  const { name: ___, namespace: ____, ...ofMetadata } = wanted;
  return treeChecks(
    what,
    { ...rest, ...(Object.keys(ofMetadata).length === 0 ? {} : { metadata: ofMetadata }) },
    object,
  );
}

/** One check for the whole tree: every leaf expected, beside those that differ. */
function treeChecks(what: string, tree: Record<string, unknown>, object: ApiObject): Check[] {
  const found = differences(tree, object);
  const said = leaves(tree).join(', ');
  const observed = found.map(({ path, observed: value }) => `${path}: ${JSON.stringify(value) ?? 'absent'}`).join(', ');
  const held = found.length === 0;
  return [{ expected: `${what} has ${said}`, observed: held ? 'it has' : observed, held }];
}

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

function nameOf(object: ApiObject): string {
  return object.metadata?.name ?? '';
}

/** A command's result with its output parsed, where it is JSON, so that bindings reach into it. */
export function withJson<R extends { readonly stdout: string }>(result: R): R & { json?: unknown } {
  try {
    return { ...result, json: JSON.parse(result.stdout) as unknown };
  } catch {
    return result;
  }
}

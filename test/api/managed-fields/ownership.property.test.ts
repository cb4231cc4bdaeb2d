/**
 * Random applies and patches by several managers on one Deployment: nobody loses what is his, but to somebody who names it.
 * A field is a leaf with its path, its value and those who claim it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiCore } from '../../../src/api/api-core.ts';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { bodyKindOf } from '../../../src/api/http/decode-object.ts';
import { patchInspector } from '../../../src/api/http/patch-inspector.ts';
import { equalJson } from '../../../src/api/json.ts';
import { claimsOf } from '../../../src/api/managed-fields/claims.ts';
import { compare } from '../../../src/api/managed-fields/compare.ts';
import { paths, pathText } from '../../../src/api/managed-fields/field-set.ts';
import { fieldTypeOf } from '../../../src/api/managed-fields/field-type.ts';
import { listElement } from '../../../src/api/managed-fields/path-element.ts';
import { ownable } from '../../../src/api/managed-fields/tracking.ts';
import { applyObject } from '../../../src/api/operations/apply.ts';
import { createObject } from '../../../src/api/operations/create.ts';
import { patchObject } from '../../../src/api/operations/patch.ts';
import { DEPLOYMENTS, NAMESPACES } from '../../../src/objects/resource.ts';
import { ApiError, type PatchKind } from '../../../src/objects/transport.ts';
import type { ApiObject } from '../../../src/objects/wire.ts';

const SCHEMA = 'io.k8s.api.apps.v1.Deployment';
const TYPE = fieldTypeOf(SCHEMA);
const KEY = { namespace: 'default', name: 'web' };

interface Field {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly owners: ReadonlySet<string>;
}

/** The value at a path; undefined when there is none. */
function valueAt(object: unknown, path: readonly string[], type = TYPE): unknown {
  const [element, ...rest] = path;
  if (element === undefined || object === undefined || object === null) return object ?? undefined;
  if (type.kind === 'list') {
    const item = (object as unknown[]).find((candidate) => listElement(type, candidate) === element);
    return valueAt(item, rest, type.items);
  }
  if (type.kind === 'scalar') return undefined;
  const name = element.slice(2);
  const below = type.kind === 'struct' ? type.fields.get(name)?.type : type.values;
  return below === undefined ? undefined : valueAt((object as Record<string, unknown>)[name], rest, below);
}

/** Every field of the object, by the text of its path. */
function fieldsOfObject(object: ApiObject): Map<string, Field> {
  const owners = new Map<string, Set<string>>();
  for (const claim of claimsOf(object)) {
    for (const path of paths(claim.fieldsV1)) {
      const text = pathText(path);
      owners.set(text, (owners.get(text) ?? new Set()).add(`${claim.manager} ${claim.operation}`));
    }
  }
  const fields = new Map<string, Field>();
  for (const path of paths(ownable(compare(TYPE, {}, object).changed))) {
    const text = pathText(path);
    fields.set(text, { path, value: valueAt(object, path), owners: owners.get(text) ?? new Set() });
  }
  return fields;
}

function startCore(): { core: ApiCore; read: () => ApiObject } {
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: '' }, { freeze: true });
  createObject(core, core.definitions.of(NAMESPACES), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'default' },
  });
  const read = () => core.store.collection(DEPLOYMENTS).get(KEY.namespace, KEY.name)!.object;
  return { core, read };
}

const ENV = ['A', 'B', 'C'];
const MANAGERS = ['one', 'two', 'three'];
const value = fc.constantFrom('1', '2', '3');
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** What a manager has to say of the Deployment, beside what makes it a valid one. */
interface Opinion {
  readonly replicas?: number | undefined;
  readonly minReadySeconds?: number | undefined;
  readonly annotations?: Record<string, string> | undefined;
  readonly env: readonly { name: string; value: string }[];
  readonly port?: { containerPort: number; protocol?: string | undefined; name?: string | undefined } | undefined;
}

const opinion: fc.Arbitrary<Opinion> = fc.record({
  replicas: some(fc.integer({ min: 1, max: 3 })),
  minReadySeconds: some(fc.integer({ min: 1, max: 3 })),
  // Never empty: an empty map may be claimed, but is not kept.
  annotations: some(fc.dictionary(fc.constantFrom('a', 'b', 'constructor'), value, { minKeys: 1, maxKeys: 3 })),
  env: fc.uniqueArray(fc.record({ name: fc.constantFrom(...ENV), value }), {
    selector: ({ name }) => name,
    maxLength: 3,
  }),
  port: some(
    fc.record({
      containerPort: fc.constantFrom(80, 443),
      protocol: some(fc.constantFrom('TCP', 'UDP')),
      name: some(fc.constant('web')),
    }),
  ),
});

function configuration({ replicas, minReadySeconds, annotations, env, port }: Opinion): ApiObject {
  const container = {
    name: 'main',
    image: 'nginx',
    ...(env.length > 0 && { env }),
    ...(port && { ports: [withoutUndefined(port)] }),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', ...(annotations && { annotations }) },
    spec: withoutUndefined({
      replicas,
      minReadySeconds,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    }),
  } as ApiObject;
}

function withoutUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, member]) => member !== undefined));
}

type Step =
  | { readonly do: 'apply'; readonly manager: string; readonly force: boolean; readonly opinion: Opinion }
  | {
      readonly do: 'patch';
      readonly manager: string;
      readonly kind: PatchKind;
      readonly patch: unknown;
      readonly names: readonly string[];
    };

const CONTAINER = '.spec.template.spec.containers[name="main"]';

/** Patches, and the fields they name: those and what is below them is theirs to change. */
const patchStep: fc.Arbitrary<Pick<Step & { do: 'patch' }, 'kind' | 'patch' | 'names'>> = fc.oneof(
  fc.record({ key: fc.constantFrom('a', 'b', 'constructor'), to: fc.option(value) }).map(({ key, to }) => ({
    kind: 'merge' as const,
    patch: { metadata: { annotations: { [key]: to } } },
    names: [`.metadata.annotations.${key}`],
  })),
  fc.record({ name: fc.constantFrom(...ENV), to: fc.option(value) }).map(({ name, to }) => ({
    kind: 'strategic' as const,
    patch: {
      spec: {
        template: {
          spec: {
            containers: [{ name: 'main', env: [to === null ? { name, $patch: 'delete' } : { name, value: to }] }],
          },
        },
      },
    },
    names: [`${CONTAINER}.env[name="${name}"]`],
  })),
  fc.integer({ min: 1, max: 3 }).map((replicas) => ({
    kind: 'json' as const,
    patch: [{ op: 'add', path: '/spec/replicas', value: replicas }],
    names: ['.spec.replicas'],
  })),
  fc.constant({
    kind: 'json' as const,
    patch: [{ op: 'remove', path: '/spec/minReadySeconds' }],
    names: ['.spec.minReadySeconds'],
  }),
  fc.constant({ kind: 'merge' as const, patch: { metadata: { annotations: null } }, names: ['.metadata.annotations'] }),
);

const manager = fc.constantFrom(...MANAGERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('apply' as const), manager, force: fc.boolean(), opinion }) },
  {
    weight: 2,
    arbitrary: fc.tuple(manager, patchStep).map(([who, patch]) => ({ do: 'patch' as const, manager: who, ...patch })),
  },
);

/** Does it; false when it was refused. */
function perform(core: ApiCore, asked: Step): boolean {
  const definition = core.definitions.of(DEPLOYMENTS);
  const target = { ...KEY, scope: 'object' as const };
  try {
    if (asked.do === 'apply') {
      applyObject(core, definition, target, configuration(asked.opinion), {
        fieldManager: asked.manager,
        force: asked.force,
      });
    } else {
      const inspect = patchInspector(bodyKindOf(definition), asked.patch, 'Ignore', () => undefined);
      patchObject(core, definition, target, asked.kind, asked.patch, { fieldManager: asked.manager, inspect });
    }
    return true;
  } catch (error) {
    // A port's name may be given twice by two managers, a JSON patch may remove what is not there: both 422.
    const expected = asked.do === 'apply' && !asked.force ? [409, 422] : [422];
    if (error instanceof ApiError && expected.includes(error.code)) return false;
    throw error;
  }
}

const isBelow = (path: string, names: readonly string[]) =>
  names.some((name) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`));

/** List elements and map keys on the way to a field that were claimed, and by this one claimant alone. */
function standsInElementOf(claimant: string, field: Field, before: ReadonlyMap<string, Field>): boolean {
  return field.path.some((element, at) => {
    if (!element.startsWith('k:')) return false;
    const owners = before.get(pathText(field.path.slice(0, at + 1)))?.owners;
    return owners?.size === 1 && owners.has(claimant);
  });
}

function others(owners: ReadonlySet<string>, claimant: string): string[] {
  return [...owners].filter((owner) => owner !== claimant);
}

const RUNS = 120;
/** The claim of a map or list stays when the last thing in it goes, as in Kubernetes. */
const CAN_BE_EMPTY = /\.(annotations|env|ports)$/;

function checkApply(asked: Step & { do: 'apply' }, before: Map<string, Field>, after: Map<string, Field>): void {
  const claimant = `${asked.manager} Apply`;
  for (const [path, field] of before) {
    const now = after.get(path);
    if (now === undefined && CAN_BE_EMPTY.test(path)) continue;
    if (others(field.owners, claimant).length > 0 && !standsInElementOf(claimant, field, before)) {
      const kept =
        now !== undefined &&
        equalJson(now.value, field.value) &&
        others(field.owners, claimant).every((owner) => now.owners.has(owner));
      const taken = asked.force && now?.owners.has(claimant) === true;
      const isInner = typeof field.value === 'object';
      expect([path, kept || taken || (isInner && now !== undefined)]).toEqual([path, true]);
    }
    // What is gone was the applier's to remove, or stood in what was.
    if (now === undefined && !field.owners.has(claimant)) {
      const within = [...before].some(([outer, { owners }]) => owners.has(claimant) && isBelow(path, [outer]));
      expect([path, within || field.owners.size === 0]).toEqual([path, true]);
    }
  }
}

function checkPatch(asked: Step & { do: 'patch' }, before: Map<string, Field>, after: Map<string, Field>): void {
  for (const [path, field] of before) {
    // An outer field that goes because its last member does is part of the change.
    if (isBelow(path, asked.names) || asked.names.some((name) => isBelow(name, [path]))) continue;
    const now = after.get(path);
    expect([path, now?.value, [...(now?.owners ?? [])].sort()]).toEqual([path, field.value, [...field.owners].sort()]);
  }
}

describe('whatever managers do to an object', { timeout: 30_000 }, () => {
  it('nobody loses a field but to somebody who names it, and every claim is of something that is there', () => {
    fc.assert(
      fc.property(opinion, fc.array(step, { minLength: 1, maxLength: 12 }), (first, steps) => {
        const { core, read } = startCore();
        perform(core, { do: 'apply', manager: 'one', force: false, opinion: first });
        for (const asked of steps) {
          const [stored, before] = [read(), fieldsOfObject(read())];
          const done = perform(core, asked);
          const after = fieldsOfObject(read());
          if (!done) expect(read()).toBe(stored);
          else if (asked.do === 'apply') checkApply(asked, before, after);
          else checkPatch(asked, before, after);
          const there = (path: string[]) => CAN_BE_EMPTY.test(pathText(path)) || valueAt(read(), path) !== undefined;
          const claimed = claimsOf(read()).flatMap(({ fieldsV1 }) => paths(fieldsV1));
          expect(claimed.filter((path) => !there(path)).map(pathText)).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('an apply done twice is an apply done once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), opinion, (steps, last) => {
        const { core, read } = startCore();
        for (const asked of steps)
          if (asked.do === 'apply' || core.store.collection(DEPLOYMENTS).size > 0) perform(core, asked);
        const again: Step = { do: 'apply', manager: 'two', force: true, opinion: last };
        perform(core, again);
        const once = read();
        perform(core, again);
        expect(read()).toBe(once);
      }),
      { numRuns: RUNS },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { type Claim, claimsOf, withClaims } from '../../../src/api/managed-fields/claims.ts';
import { trackUpdate } from '../../../src/api/managed-fields/track-update.ts';
import type { ApiObject } from '../../../src/objects/wire.ts';
import { configMap, NOW, owners, tracking } from './fixture.ts';

const CM = tracking('ConfigMap');
const LATER = '2026-01-02T04:00:00Z';

function claimedBy(object: ApiObject, claims: readonly Claim[]): ApiObject {
  return { ...object, metadata: withClaims(object.metadata, claims) };
}

/** The object as a sequence of writers leaves it: `[manager, data]`. */
function written(...writes: [manager: string, data: Record<string, string>, time?: string][]): ApiObject {
  let live: ApiObject | undefined;
  for (const [manager, data, time = NOW] of writes) {
    const asked = configMap(data);
    live = claimedBy(asked, trackUpdate(CM, live, asked, manager, time));
  }
  return live!;
}

describe('claims of creates and updates', () => {
  it('who makes an object claims what is in it, but not its name', () => {
    const [claim, ...others] = claimsOf(written(['kubectl-create', { a: '1' }]));
    expect(others).toEqual([]);
    expect(claim).toEqual({
      manager: 'kubectl-create',
      operation: 'Update',
      apiVersion: 'v1',
      time: NOW,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
    });
    expect(Object.keys(claim!)).toEqual(['manager', 'operation', 'apiVersion', 'time', 'fieldsType', 'fieldsV1']);
  });

  it('who changes a field takes it; who adds one has it; who removes one frees it', () => {
    const object = written(['a', { x: '1', y: '1', z: '1' }], ['b', { x: '2', y: '1', w: '1' }]);
    expect(owners(claimsOf(object))).toEqual({ 'a Update': ['.data', '.data.y'], 'b Update': ['.data.w', '.data.x'] });
  });

  it('a write that changes nothing leaves the very same claims', () => {
    const live = written(['a', { x: '1' }]);
    expect(trackUpdate(CM, live, configMap({ x: '1' }), 'b', LATER)).toBe(claimsOf(live));
  });

  it('a claim of nothing goes, and the time of one that only loses stays', () => {
    const object = written(
      ['a', { x: '1' }],
      ['b', { x: '1', y: '1' }],
      ['c', { x: '1', y: '2' }, LATER],
      ['c', { x: '1' }, LATER],
    );
    expect(claimsOf(object).map(({ manager, time }) => [manager, time])).toEqual([['a', NOW]]);
  });

  it('status is claimed through its subresource, and not otherwise', () => {
    const pod = (phase?: string) =>
      ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { hostname: phase ?? 'x' },
        status: { phase },
      }) as ApiObject;
    const made = trackUpdate(tracking('Pod'), undefined, pod('Pending'), 'kubectl', NOW);
    expect(owners(made)).toEqual({ 'kubectl Update': ['.spec.hostname'] });
    const live = claimedBy(pod('Pending'), made);
    expect(owners(trackUpdate(tracking('Pod', 'status'), live, pod('Running'), 'kubelet', LATER))).toEqual({
      'kubectl Update': ['.spec.hostname'],
      'kubelet Update status': ['.status.phase'],
    });
  });

  it('an object nobody claims anything of stays unclaimed', () => {
    expect(trackUpdate(CM, configMap({ x: '1' }), configMap({ x: '2' }), 'b', NOW)).toEqual([]);
  });

  it('claims come in the order of the API: appliers, then by time and name', () => {
    const applied = {
      manager: 'z',
      operation: 'Apply',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:q': {} } },
    };
    const live = configMap({ q: '1' }, { managedFields: [applied] });
    const first = trackUpdate(CM, live, configMap({ q: '1', b: '1' }), 'b', LATER);
    const second = trackUpdate(
      CM,
      claimedBy(configMap({ q: '1', b: '1' }), first),
      configMap({ q: '1', b: '1', a: '1' }),
      'a',
      NOW,
    );
    expect(second.map(({ manager }) => manager)).toEqual(['z', 'a', 'b']);
  });

  it('no more than ten updaters are kept apart; the oldest are put together', () => {
    const writes = Array.from({ length: 13 }, (_, index): [string, Record<string, string>, string] => [
      `writer-${index}`,
      Object.fromEntries(Array.from({ length: index + 1 }, (_unused, key) => [`k${key}`, '1'])),
      `2026-01-02T00:00:${String(index).padStart(2, '0')}Z`,
    ]);
    const claims = claimsOf(written(...writes));
    expect(claims.map(({ manager }) => manager)).toEqual([
      'ancient-changes',
      ...Array.from({ length: 9 }, (_, index) => `writer-${index + 4}`),
    ]);
    expect(owners(claims)['ancient-changes Update']).toEqual(['.data', '.data.k0', '.data.k1', '.data.k2', '.data.k3']);
    expect(claims[0]!.time).toBe('2026-01-02T00:00:03Z');
  });
});

describe('claims that clients send', () => {
  const live = written(['a', { x: '1' }]);
  const sent = (managedFields: unknown, data = { x: '1' }) =>
    trackUpdate(CM, live, configMap(data, { managedFields }), 'b', LATER);

  it('one empty entry clears all', () => expect(sent([{}])).toEqual([]));
  it('none, and an empty list, leave what is stored', () => {
    expect(sent(undefined)).toBe(claimsOf(live));
    expect(sent([])).toBe(claimsOf(live));
  });
  it('others take the place of the stored ones', () => {
    const entry = {
      manager: 'm',
      operation: 'Apply',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:x': {} } },
    };
    expect(owners(sent([entry]))).toEqual({ 'm Apply': ['.data.x'] });
    expect(owners(sent([entry], { x: '2' }))).toEqual({ 'b Update': ['.data.x'] });
  });
  it.each([
    [{ manager: 'm', operation: 'Steal', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
    [{ manager: 'm', operation: 'Apply', apiVersion: '', fieldsType: 'FieldsV1', fieldsV1: {} }],
    [{ manager: 'm', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV2', fieldsV1: {} }],
    [{ manager: 'm', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { data: {} } }],
    [{ manager: 1, operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
    [null],
    ['x'],
  ])('%j is no claim: what is stored stays', (entry) => expect(sent([entry, entry])).toBe(claimsOf(live)));
});

import { describe, expect, it } from 'vitest';
import { applyConfiguration } from '../../../src/api/managed-fields/apply.ts';
import { claimsOf, withClaims } from '../../../src/api/managed-fields/claims.ts';
import { LAST_APPLIED } from '../../../src/api/managed-fields/last-applied.ts';
import { trackUpdate } from '../../../src/api/managed-fields/track-update.ts';
import { ApiError } from '../../../src/objects/transport.ts';
import type { ApiObject } from '../../../src/objects/wire.ts';
import { configMap, NOW, owners, service, tracking } from './fixture.ts';

const LATER = '2026-01-02T04:00:00Z';

function apply(
  live: ApiObject | undefined,
  config: ApiObject,
  manager = 'kubectl',
  options: { force?: boolean; now?: string } = {},
) {
  const { force = false, now = NOW } = options;
  return applyConfiguration(tracking(config.kind!), live, config, { manager, force, now }).object;
}

function update(live: ApiObject, asked: ApiObject, manager: string, subresource?: string): ApiObject {
  const { managedFields: _claims, ...metadata } = asked.metadata!;
  const plain = { ...asked, metadata: metadata as ApiObject['metadata'] & object };
  return {
    ...plain,
    metadata: withClaims(plain.metadata, trackUpdate(tracking(asked.kind!, subresource), live, plain, manager, NOW)),
  };
}

const data = (object: ApiObject) => (object as { data?: unknown }).data;
const spec = (object: ApiObject) => (object as { spec?: unknown }).spec;

function refusal(act: () => unknown): ApiError {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('apply', () => {
  it('makes an object and claims what the configuration states', () => {
    const made = apply(undefined, configMap({ a: '1' }));
    expect(data(made)).toEqual({ a: '1' });
    expect(claimsOf(made)).toEqual([
      {
        manager: 'kubectl',
        operation: 'Apply',
        apiVersion: 'v1',
        time: NOW,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      },
    ]);
  });

  it('removes what it states no longer', () => {
    const made = apply(undefined, configMap({ a: '1', b: '1' }, { labels: { x: 'y' } }));
    const again = apply(made, configMap({ a: '2' }));
    expect(data(again)).toEqual({ a: '2' });
    expect(again.metadata?.labels).toBeUndefined();
    expect(owners(claimsOf(again))).toEqual({ 'kubectl Apply': ['.data.a'] });
  });

  it('leaves what others have set', () => {
    const made = apply(undefined, configMap({ a: '1', b: '1' }));
    const labelled = update(made, configMap({ a: '1', b: '1', c: '1' }), 'other');
    const again = apply(labelled, configMap({ a: '1' }));
    expect(data(again)).toEqual({ a: '1', c: '1' });
    expect(owners(claimsOf(again))).toEqual({ 'kubectl Apply': ['.data.a'], 'other Update': ['.data.c'] });
  });

  it('two may claim a field they agree on; it goes when neither states it', () => {
    const first = apply(undefined, configMap({ a: '1', b: '1' }), 'one');
    const shared = apply(first, configMap({ a: '1', b: '1' }), 'two');
    expect(owners(claimsOf(shared))).toEqual({
      'one Apply': ['.data.a', '.data.b'],
      'two Apply': ['.data.a', '.data.b'],
    });
    const one = apply(shared, configMap({ a: '1' }), 'one');
    expect(data(one)).toEqual({ a: '1', b: '1' });
    expect(data(apply(one, configMap({ a: '1' }), 'two'))).toEqual({ a: '1' });
  });

  it('who claims what stands there already gets no time, as in Kubernetes', () => {
    const shared = apply(apply(undefined, configMap({ a: '1' }), 'one'), configMap({ a: '1' }), 'two', { now: LATER });
    expect(claimsOf(shared).map(({ manager, time }) => [manager, time])).toEqual([
      ['two', undefined],
      ['one', NOW],
    ]);
  });

  it('an element of a list stays while another applier states it, with what that one states', () => {
    const one = apply(undefined, service({ ports: [{ port: 80 }, { port: 443, name: 'tls' }] }), 'one');
    const two = apply(one, service({ ports: [{ port: 443, appProtocol: 'https' }] }), 'two');
    const again = apply(two, service({ ports: [{ port: 80 }] }), 'one');
    expect(spec(again)).toEqual({ ports: [{ port: 80 }, { port: 443, appProtocol: 'https' }] });
  });

  it('an element goes with what others have put into it without stating it, as in Kubernetes', () => {
    const made = apply(undefined, service({ ports: [{ port: 80 }, { port: 443 }] }));
    const patched = update(made, service({ ports: [{ port: 80 }, { port: 443, nodePort: 30443 }] }), 'other');
    expect(spec(apply(patched, service({ ports: [{ port: 80 }] })))).toEqual({ ports: [{ port: 80 }] });
  });

  it('a field of a struct stays while anybody claims something in it', () => {
    const affinity = (clientIP?: object) =>
      service({ type: 'ClusterIP', ...(clientIP && { sessionAffinityConfig: { clientIP } }) });
    const made = apply(undefined, service({ type: 'ClusterIP', sessionAffinityConfig: {} }));
    const patched = update(made, affinity({ timeoutSeconds: 5 }), 'other');
    expect(spec(apply(patched, affinity()))).toEqual(spec(affinity({ timeoutSeconds: 5 })));
  });

  it('an element nobody else claims anything of goes with what defaults have put into it', () => {
    const made = apply(undefined, service({ ports: [{ port: 80 }, { port: 443 }] }));
    const ports = [
      { port: 80, protocol: 'TCP', targetPort: 80 },
      { port: 443, protocol: 'TCP', targetPort: 443 },
    ];
    const defaulted = { ...made, spec: { ports } } as ApiObject;
    expect(spec(apply(defaulted, service({ ports: [{ port: 80 }] })))).toEqual({ ports: [ports[0]] });
  });

  it('what is behind a claimed field of a struct goes when its last field does', () => {
    const config = (sessionAffinityConfig?: object) =>
      service({ type: 'ClusterIP', ...(sessionAffinityConfig && { sessionAffinityConfig }) });
    const made = apply(undefined, config({ clientIP: { timeoutSeconds: 5 } }));
    expect(spec(apply(made, config()))).toEqual({ type: 'ClusterIP' });
  });

  it('an object that nobody had claimed was somebody’s before', () => {
    const live = configMap({ a: '1', b: '1' }, { uid: 'u' });
    expect(owners(claimsOf(apply(live, configMap({ a: '1' }))))).toEqual({
      'before-first-apply Update': ['.data', '.data.a', '.data.b'],
      'kubectl Apply': ['.data.a'],
    });
  });

  it('the version of the API is no part of who an applier is', () => {
    const claim = {
      manager: 'm',
      operation: 'Apply',
      apiVersion: 'v1beta1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {} } },
    };
    const again = apply(configMap({ a: '1' }, { managedFields: [claim] }), configMap({ b: '1' }), 'm');
    expect(data(again)).toEqual({ b: '1' });
    expect(claimsOf(again)).toHaveLength(1);
  });

  it('the configuration must be of its type', () => {
    const { code, message } = refusal(() => apply(undefined, { ...configMap({ a: 1 }), datta: {} } as ApiObject));
    expect(code).toBe(500);
    expect(message).toBe(
      [
        'failed to create typed patch object (default/cm; /v1, Kind=ConfigMap): errors:',
        '  .data.a: expected string, got &value.valueUnstructured{Value:1}',
        '  .datta: field not declared in schema',
      ].join('\n'),
    );
  });
});

describe('conflicts', () => {
  const made = apply(undefined, configMap({ a: '1', b: '1' }), 'one');

  it('one is told in a line, with its cause', () => {
    const { code, reason, message, status } = refusal(() => apply(made, configMap({ a: '2' }), 'two'));
    expect([code, reason]).toEqual([409, 'Conflict']);
    expect(message).toBe('Apply failed with 1 conflict: conflict with "one": .data.a');
    expect(status.details).toEqual({
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }],
    });
  });

  it('several are told by manager', () => {
    const both = update(made, configMap({ a: '1', b: '1', c: '1', d: '1' }), 'kubectl-edit');
    const scaled = update(both, configMap({ a: '1', b: '1', c: '1', d: '2' }), 'scaler', 'scale');
    const { message } = refusal(() => apply(scaled, configMap({ a: '2', b: '2', c: '2', d: '3' }), 'two'));
    expect(message).toBe(
      [
        'Apply failed with 4 conflicts: conflicts with "kubectl-edit" using v1:',
        '- .data.c',
        'conflicts with "one":',
        '- .data.a',
        '- .data.b',
        'conflicts with "scaler" with subresource "scale" using v1:',
        '- .data.d',
      ].join('\n'),
    );
  });

  it('force takes the fields', () => {
    const forced = apply(made, configMap({ a: '2' }), 'two', { force: true });
    expect(data(forced)).toEqual({ a: '2', b: '1' });
    expect(owners(claimsOf(forced))).toEqual({ 'one Apply': ['.data.b'], 'two Apply': ['.data.a'] });
  });

  it('there is none where the values agree, and none in what is left alone', () => {
    expect(data(apply(made, configMap({ a: '1', c: '1' }), 'two'))).toEqual({ a: '1', b: '1', c: '1' });
  });

  it('an atomic list is one thing to quarrel over', () => {
    const live = apply(undefined, service({ externalIPs: ['192.0.2.1'] }), 'one');
    expect(refusal(() => apply(live, service({ externalIPs: ['192.0.2.1', '192.0.2.2'] }), 'two')).message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.externalIPs',
    );
  });
});

describe('taking over from client-side apply', () => {
  const config = (values: Record<string, string>) => configMap(values);
  const clientSide = (values: Record<string, string>, stands = values) => {
    const annotations = { [LAST_APPLIED]: `${JSON.stringify(config(values))}\n` };
    const asked = configMap(stands, { annotations });
    return {
      ...asked,
      metadata: withClaims(
        asked.metadata,
        trackUpdate(tracking('ConfigMap'), undefined, asked, 'kubectl-client-side-apply', NOW),
      ),
    };
  };

  it('what stands as it was applied on the client is no conflict for kubectl', () => {
    const live = clientSide({ a: '1', b: '1' });
    expect(data(apply(live, config({ a: '2' })))).toEqual({ a: '2', b: '1' });
  });

  it('what somebody has changed since is one, and only that', () => {
    const live = clientSide({ a: '1', b: '1' }, { a: '1', b: '7' });
    expect(refusal(() => apply(live, config({ a: '2', b: '2' }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.b',
    );
  });

  it('others than kubectl take nothing over', () => {
    expect(refusal(() => apply(clientSide({ a: '1' }), config({ a: '2' }), 'flux')).message).toContain('.data.a');
  });

  it('an annotation that is no configuration hands nothing over', () => {
    for (const text of [
      '',
      'no json',
      '[]',
      '{"apiVersion":"v2"}',
      '{"apiVersion":"v1","kind":"ConfigMap","datta":1}',
    ]) {
      const live = clientSide({ a: '1' });
      live.metadata.annotations = { [LAST_APPLIED]: text };
      expect(refusal(() => apply(live, config({ a: '2' }))).message).toContain('.data.a');
    }
  });

  it('the annotation follows kubectl’s applies, for those who go back', () => {
    const after = apply(
      clientSide({ a: '1' }),
      configMap({ a: '<2>' }, { annotations: { [LAST_APPLIED]: 'old' } }),
      'kubectl',
      { force: true },
    );
    expect(after.metadata?.annotations?.[LAST_APPLIED]).toBe(
      '{"apiVersion":"v1","data":{"a":"\\u003c2\\u003e"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"cm","namespace":"default"}}\n',
    );
  });
});

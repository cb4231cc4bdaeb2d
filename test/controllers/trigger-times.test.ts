import { describe, expect, it } from 'vitest';
import { LAST_CHANGE, stamped, TriggerTimes } from '../../src/controllers/trigger-times.ts';
import type { Pod, Service } from '../../src/objects/wire.ts';

const SERVICE: Service = { metadata: { namespace: 'ns', name: 'web', creationTimestamp: '2026-01-01T00:00:00Z' } };

function pod(name: string, readyAt?: string): Pod {
  const conditions = readyAt === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: readyAt }];
  return { metadata: { namespace: 'ns', name }, status: { conditions } };
}

describe('the time of a change of endpoints', () => {
  it('is that of a new Service, then the earliest of pods that became ready or ceased to be since', () => {
    const times = new TriggerTimes();
    expect(times.since(SERVICE, [pod('a', '2026-01-01T00:00:05Z')])).toBe('2026-01-01T00:00:00Z');
    expect(times.since(SERVICE, [pod('a', '2026-01-01T00:00:05Z'), pod('b')])).toBeUndefined();
    const three = [
      pod('a', '2026-01-01T00:00:05Z'),
      pod('b', '2026-01-01T00:00:09Z'),
      pod('c', '2026-01-01T00:00:08Z'),
    ];
    expect(times.since(SERVICE, three)).toBe('2026-01-01T00:00:08Z');
    expect(times.since(SERVICE, three)).toBeUndefined();
    expect(times.since(SERVICE, [pod('b', '2026-01-01T00:00:10Z')])).toBe('2026-01-01T00:00:10Z');
  });

  it('is that of the Service again when it was gone in between', () => {
    const times = new TriggerTimes();
    times.since(SERVICE, []);
    times.forget('ns/web');
    expect(times.since(SERVICE, [])).toBe('2026-01-01T00:00:00Z');
  });

  it('goes with an object, and a former one does not stay', () => {
    const annotations = { other: 'x', [LAST_CHANGE]: '2026-01-01T00:00:00Z' };
    expect(stamped({ metadata: { annotations } }, undefined)).toEqual({ metadata: { annotations: { other: 'x' } } });
    expect(stamped({ metadata: {} }, '2026-01-01T00:00:01Z')).toEqual({
      metadata: { annotations: { [LAST_CHANGE]: '2026-01-01T00:00:01Z' } },
    });
  });
});

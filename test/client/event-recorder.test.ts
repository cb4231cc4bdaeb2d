import { describe, expect, it, vi } from 'vitest';
import { EventRecorder } from '../../src/client/event-recorder.ts';
import { EVENTS, NODES, PODS } from '../../src/objects/resource.ts';
import { apiError, MemoryTransport } from '../support/memory-transport.ts';

const pod = { metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '5' } };

function open(): { transport: MemoryTransport; recorder: EventRecorder; errors: unknown[]; clock: { now: number } } {
  const transport = new MemoryTransport();
  const errors: unknown[] = [];
  const clock = { now: Date.parse('2026-01-01T00:00:00.500Z') };
  const recorder = new EventRecorder(transport, {
    component: 'kubelet',
    host: 'node-1',
    onError: (error) => errors.push(error),
    now: () => clock.now,
  });
  return { transport, recorder, errors, clock };
}

async function eventsOf(transport: MemoryTransport): Promise<unknown[]> {
  return (await transport.list(EVENTS)).items;
}

describe('the event recorder', () => {
  it('names events in the order they happened, as lists sort them', async () => {
    const { transport, recorder } = open();
    const reasons = ['Scheduled', 'Pulled', 'Created', 'Started', 'Killing'];
    for (const reason of reasons) recorder.normal({ type: PODS, object: pod }, reason, reason);
    await recorder.flush();
    const events = (await eventsOf(transport)) as { metadata: { name: string }; reason: string }[];
    const byName = events.toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
    expect(byName.map(({ reason }) => reason)).toEqual(reasons);
  });

  it('writes an event as kubectl describe reads it', async () => {
    const { transport, recorder } = open();
    recorder.warning({ type: PODS, object: pod, fieldPath: 'spec.containers{web}' }, 'BackOff', 'restarting');
    await recorder.flush();
    expect(await eventsOf(transport)).toMatchObject([
      {
        metadata: { namespace: 'shop', name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace: 'shop',
          name: 'web',
          uid: 'u1',
          resourceVersion: '5',
          fieldPath: 'spec.containers{web}',
        },
        type: 'Warning',
        reason: 'BackOff',
        message: 'restarting',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'kubelet', host: 'node-1' },
        reportingComponent: 'kubelet',
        reportingInstance: 'node-1',
      },
    ]);
  });

  it('puts events of cluster-wide objects into default', async () => {
    const { transport, recorder } = open();
    recorder.normal({ type: NODES, object: { metadata: { name: 'node-1' } } }, 'NodeReady', 'ready');
    await recorder.flush();
    expect(await eventsOf(transport)).toMatchObject([{ metadata: { namespace: 'default' } }]);
  });

  it('counts the same event instead of repeating it', async () => {
    const { transport, recorder, clock } = open();
    for (let i = 0; i < 5; i += 1) {
      recorder.normal({ type: PODS, object: pod }, 'Pulled', 'image there');
      clock.now += 10_000;
    }
    await recorder.flush();
    expect(await eventsOf(transport)).toMatchObject([{ count: 5, lastTimestamp: '2026-01-01T00:00:40Z' }]);
    // All five came while the first was being written: one create, one patch.
    expect(transport.countOf('patch', EVENTS)).toBeLessThanOrEqual(1);
  });

  it('combines many that differ in their message, and cuts a flood', async () => {
    const { transport, recorder } = open();
    for (let i = 0; i < 40; i += 1) recorder.normal({ type: PODS, object: pod }, 'Created', `pod ${i}`);
    await recorder.flush();
    const events = (await eventsOf(transport)) as { message: string; count: number }[];
    expect(events).toHaveLength(11);
    expect(events.at(-1)).toMatchObject({ message: '(combined from similar events): pod 24', count: 15 });
  });

  it('holds back what is more than its rate, and loses none of it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const transport = new MemoryTransport();
      const onError = (error: unknown) => expect.fail(String(error));
      const rate = { perSecond: 10, burst: 2 };
      const recorder = new EventRecorder(transport, { component: 'kubelet', rate, onError });
      for (const reason of ['Pulled', 'Created', 'Started', 'Killing']) {
        recorder.normal({ type: PODS, object: pod }, reason, reason);
      }
      const flushed = recorder.flush();
      await vi.advanceTimersByTimeAsync(99);
      expect(transport.countOf('create', EVENTS)).toBe(2);
      await vi.advanceTimersByTimeAsync(1);
      expect(transport.countOf('create', EVENTS)).toBe(3);
      await vi.advanceTimersByTimeAsync(100);
      await flushed;
      expect(transport.countOf('create', EVENTS)).toBe(4);
    } finally {
      vi.useRealTimers();
    }
  });

  it('tries again when the connection fails, and starts anew when the event is gone', async () => {
    const { transport, recorder, errors } = open();
    transport.fail('create', EVENTS, new Error('ECONNRESET'));
    recorder.normal({ type: PODS, object: pod }, 'Pulled', 'image there');
    await recorder.flush();
    const [first] = (await eventsOf(transport)) as { metadata: { name: string } }[];
    await transport.delete(EVENTS, { namespace: 'shop', name: first!.metadata.name });
    recorder.normal({ type: PODS, object: pod }, 'Pulled', 'image there');
    await recorder.flush();
    expect(await eventsOf(transport)).toMatchObject([{ count: 2 }]);
    expect(errors).toEqual([]);
  });

  it('reports and drops what the server refuses', async () => {
    const { transport, recorder, errors } = open();
    transport.fail('create', EVENTS, apiError(403, 'Forbidden', 'namespace shop is being terminated'));
    recorder.normal({ type: PODS, object: pod }, 'Killing', 'x');
    await recorder.flush();
    expect(errors).toMatchObject([{ reason: 'Forbidden' }]);
    expect(await eventsOf(transport)).toEqual([]);
  });

  it('drops what waits when stopped', async () => {
    const { transport, recorder } = open();
    transport.fail('create', EVENTS, new Error('ECONNREFUSED'), 100);
    recorder.normal({ type: PODS, object: pod }, 'Pulled', 'x');
    await vi.waitFor(() => expect(transport.countOf('create', EVENTS)).toBe(1));
    const flushed = recorder.flush();
    recorder.stop();
    await flushed;
    expect(transport.countOf('create', EVENTS)).toBe(1);
  });
});

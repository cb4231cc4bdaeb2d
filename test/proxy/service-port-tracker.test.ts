import { describe, expect, it } from 'vitest';
import { ServicePortTracker } from '../../src/proxy/service-port-tracker.ts';
import { NODE, service, slice } from './fixtures.ts';

const KEY = 'ns1/svc1:p80/TCP';

function tracker(): ServicePortTracker {
  const made = new ServicePortTracker({ nodeName: NODE, family: 4 });
  made.setService(service());
  made.setEndpointSlice(slice(['10.244.1.2']));
  made.setService(service({ clusterIP: '172.30.0.42' }, 'ns1/other'));
  return made;
}

describe('the tracker', () => {
  it('names what changed, once', () => {
    const made = tracker();
    expect(made.isDirty).toBe(true);
    expect([...made.update().changed].sort()).toEqual(['ns1/other:p80/TCP', KEY]);
    expect(made.isDirty).toBe(false);
    expect(made.update().changed.size).toBe(0);
  });

  it('touches the Service that changed only: other views stay the same objects', () => {
    const made = tracker();
    const before = made.update().views;
    made.setEndpointSlice(slice(['10.244.1.2', '10.244.2.2']));
    const { views, changed } = made.update();
    expect([...changed]).toEqual([KEY]);
    expect(views.get('ns1/other:p80/TCP')).toBe(before.get('ns1/other:p80/TCP'));
    expect(views.get(KEY)).not.toBe(before.get(KEY));
    expect(before.get(KEY)?.endpoints.all).toHaveLength(1);
  });

  it('keeps the view of a Service whose change does not matter to it', () => {
    const made = tracker();
    const { views } = made.update();
    made.setService(service({}, 'ns1/svc1', { metadata: { namespace: 'ns1', name: 'svc1', annotations: { a: 'b' } } }));
    made.setEndpointSlice(slice(['10.244.1.2']));
    const after = made.update();
    expect(after.changed.size).toBe(0);
    expect(after.views).toBe(views);
  });

  it('knows endpoints that came before their Service, and Services that go before their endpoints', () => {
    const made = new ServicePortTracker({ nodeName: NODE, family: 4 });
    made.setEndpointSlice(slice(['10.244.1.2']));
    expect(made.update().views.size).toBe(0);
    made.setService(service());
    expect(made.update().views.get(KEY)?.endpoints.hasAny).toBe(true);
    made.deleteService(service());
    expect(made.update()).toMatchObject({ views: new Map(), changed: new Set([KEY]) });
    made.setService(service());
    expect(made.update().views.get(KEY)?.endpoints.hasAny).toBe(true);
    made.deleteEndpointSlice(slice([]));
    expect(made.update().views.get(KEY)?.endpoints.hasAny).toBe(false);
  });

  it('looks at hints again when the zone of the node changes', () => {
    const made = new ServicePortTracker({ nodeName: NODE, family: 4 });
    made.setService(service());
    made.setEndpointSlice(
      slice([
        { ip: '10.244.1.2', hints: { forZones: [{ name: 'a' }] } },
        { ip: '10.244.2.2', hints: { forZones: [{ name: 'b' }] } },
      ]),
    );
    expect(made.update().views.get(KEY)?.endpoints.cluster).toHaveLength(2);
    made.setZone('b');
    expect(
      made
        .update()
        .views.get(KEY)
        ?.endpoints.cluster.map(({ ip }) => ip),
    ).toEqual(['10.244.2.2']);
  });

  it('freezes what it gives out', () => {
    const view = tracker().update().views.get(KEY)!;
    for (const part of [view, view.endpoints, view.endpoints.all, view.endpoints.all[0], view.externalIPs]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

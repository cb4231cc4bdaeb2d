import { describe, expect, it } from 'vitest';
import { createApiCore } from '../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../src/api/in-process-transport.ts';
import { IP_ADDRESSES, NAMESPACES, SERVICES } from '../../src/objects/resource.ts';
import type { Service } from '../../src/objects/wire.ts';

const service = (spec: Service['spec']): Service => ({ metadata: { name: 'web', namespace: 'default' }, spec });
async function api(): Promise<InProcessTransport> {
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: '' });
  const transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } });
  return transport;
}

const KEY = { name: 'web', namespace: 'default' };

describe('the IPAddresses of a Service', () => {
  it('come with its cluster IP, go with a change of type, and go with the Service', async () => {
    const transport = await api();
    const addresses = async () =>
      (await transport.list(IP_ADDRESSES)).items
        .filter((item) => item.spec?.parentRef?.name === 'web')
        .map((item) => item.metadata?.name);
    const ports = [{ port: 80 }];
    const created = await transport.create(SERVICES, service({ clusterIP: '10.96.0.20', ports }));
    expect(await addresses()).toEqual(['10.96.0.20']);
    expect(await transport.get(IP_ADDRESSES, { name: '10.96.0.20' })).toMatchObject({
      metadata: { labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4' }, generation: 1 },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
    });
    const external = { ...created, spec: { ...created.spec, type: 'ExternalName', externalName: 'a.example' } };
    await transport.update(SERVICES, external);
    expect(await addresses()).toEqual([]);
    await transport.patch(SERVICES, KEY, 'merge', { spec: { type: 'ClusterIP' } });
    expect(await addresses()).toHaveLength(1);
    await transport.delete(SERVICES, KEY);
    expect(await addresses()).toEqual([]);
  });

  it('are none of a headless one', async () => {
    const transport = await api();
    await transport.create(SERVICES, service({ clusterIP: 'None', ports: [{ port: 80 }] }));
    expect((await transport.list(IP_ADDRESSES)).items.filter((item) => item.metadata?.name === 'None')).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { InformerFactory } from '../../src/client/informer-factory.ts';
import { PODS, SERVICES } from '../../src/objects/resource.ts';
import { MemoryTransport } from '../support/memory-transport.ts';

describe('the informer factory', () => {
  it('shares one informer per resource and selection', () => {
    const factory = new InformerFactory(new MemoryTransport());
    expect(factory.informer(PODS)).toBe(factory.informer(PODS));
    expect(factory.informer(PODS)).not.toBe(factory.informer(PODS, { fieldSelector: 'spec.nodeName=a' }));
    expect(factory.informer(PODS)).not.toBe(factory.informer(SERVICES));
  });

  it('starts all once, also those asked for later, and stops all', async () => {
    const transport = new MemoryTransport();
    const factory = new InformerFactory(transport);
    factory.informer(PODS);
    await factory.start();
    factory.informer(SERVICES);
    await factory.start();
    expect([transport.countOf('list', PODS), transport.countOf('list', SERVICES)]).toEqual([1, 1]);
    await factory.stop();
  });
});

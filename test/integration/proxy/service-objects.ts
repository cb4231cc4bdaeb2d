/** Services and their endpoints as a kube-proxy under test meets them: every change is in the rules once its promise resolves. */
import { ENDPOINT_SLICES, SERVICES } from '../../../src/objects/resource.ts';
import type { Transport } from '../../../src/objects/transport.ts';
import type { EndpointSlice, Service } from '../../../src/objects/wire.ts';
import type { KubeProxy } from '../../../src/proxy/kube-proxy.ts';
import { NODE } from '../../proxy/fixtures.ts';

/** An endpoint on the node of the kube-proxy. */
export function local(ip: string) {
  return { ip, nodeName: NODE };
}

/** `proxy` is asked for at each change: it may be made later. */
export function serviceObjects(transport: Transport, proxy: () => Pick<KubeProxy, 'programmed'>) {
  return {
    /** Makes the Service and its slices. */
    async publish(object: Service, ...slices: EndpointSlice[]): Promise<void> {
      await transport.create(SERVICES, object);
      for (const each of slices) await transport.create(ENDPOINT_SLICES, each);
      await proxy().programmed();
    },
    /** Puts a slice in the place of the one of its name. */
    async endpoints(object: EndpointSlice): Promise<void> {
      const { metadata, ...rest } = object;
      const old = await transport.get(ENDPOINT_SLICES, { namespace: metadata!.namespace!, name: metadata!.name! });
      await transport.update(ENDPOINT_SLICES, { ...rest, metadata: { ...old.metadata } });
      await proxy().programmed();
    },
  };
}

/** Ports of EndpointSlices: one slice holds only endpoints that have the same ports, so ports have a key. Pure. */
import type { EndpointSlice, Pod, Service } from '../../objects/wire.ts';
import { targetPortIn } from '../service-port.ts';

export type SlicePort = NonNullable<EndpointSlice['ports']>[number];
export type AddressType = 'IPv4' | 'IPv6' | 'FQDN';

/** The ports by which a Service reaches this pod; ports whose name the pod does not have are left out. */
export function slicePortsFor(service: Service, pod: Pod): SlicePort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPortIn(pod, port);
    if (number === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return [{ name, protocol, port: number, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** The same for equal ports, in whatever order. */
export function portsKey(ports: readonly SlicePort[] | undefined): string {
  const texts = (ports ?? []).map(({ name = '', protocol = 'TCP', port, appProtocol = '' }) =>
    [name, protocol, port ?? '', appProtocol].join('/'),
  );
  return texts.sort().join(' ');
}

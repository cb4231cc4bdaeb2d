/** Labels of EndpointSlices: whose they are and who keeps them. Pure. */
import type { Service } from '../../objects/wire.ts';
import { isHeadless } from '../service-port.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const HEADLESS = 'service.kubernetes.io/headless';
export const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io';
export const MIRRORING_CONTROLLER = 'endpointslicemirroring-controller.k8s.io';

/** The Service's own labels, and those by which its slices are found. */
export function sliceLabels(service: Service): Record<string, string> {
  const { [SERVICE_NAME]: _name, [MANAGED_BY]: _by, [HEADLESS]: _headless, ...own } = service.metadata?.labels ?? {};
  return {
    ...own,
    ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
    [SERVICE_NAME]: service.metadata?.name ?? '',
    [MANAGED_BY]: SLICE_CONTROLLER,
  };
}

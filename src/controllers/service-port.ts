/** A Service's target port in a given pod: a number, or a name that each pod may resolve differently. Pure. */
import type { Pod, ServicePort } from '../objects/wire.ts';

/** The port number in this pod; undefined when the pod has no port of that name and protocol. */
export function targetPortIn(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  // An init container that restarts for ever is a sidecar, and serves.
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...containers, ...sidecars]) {
    for (const { name, protocol = 'TCP', containerPort } of container.ports ?? []) {
      if (name === target && protocol === (port.protocol ?? 'TCP')) return containerPort;
    }
  }
  return undefined;
}

export function isHeadless(service: { readonly spec?: { readonly clusterIP?: string } }): boolean {
  return service.spec?.clusterIP === 'None';
}

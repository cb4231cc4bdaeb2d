/** What the cloud writes into a Service: the finalizer that keeps it until its load balancer is gone, and where it is served. */
import { SERVICES } from '../objects/resource.ts';
import { hasReason, type Transport } from '../objects/transport.ts';
import type { Service } from '../objects/wire.ts';
import { CLEANUP_FINALIZER, IP_MODE_ANNOTATION } from './balanced-service.ts';

const WRITER = { fieldManager: 'cloud-controller-manager' };

/** The address its status has. */
export function addressOf({ status }: Service): string | undefined {
  return status?.loadBalancer?.ingress?.find(({ ip }) => ip !== undefined)?.ip;
}

/** Adds the finalizer, unless it is there. */
export async function addFinalizer(transport: Transport, service: Service): Promise<void> {
  if (service.metadata?.finalizers?.includes(CLEANUP_FINALIZER) === true) return;
  await patchMetadata(transport, service, { finalizers: [CLEANUP_FINALIZER] });
}

/** Takes the finalizer off: a Service in deletion goes. */
export async function removeFinalizer(transport: Transport, service: Service): Promise<void> {
  await patchMetadata(transport, service, { '$deleteFromPrimitiveList/finalizers': [CLEANUP_FINALIZER] });
}

/** Writes down where the Service is served, with the ipMode its annotation asks for. */
export async function writeAddress(transport: Transport, service: Service, ip: string): Promise<void> {
  const ipMode = service.metadata?.annotations?.[IP_MODE_ANNOTATION] === 'Proxy' ? 'Proxy' : 'VIP';
  const ingress = [{ ip, ipMode }];
  if (JSON.stringify(service.status?.loadBalancer?.ingress) === JSON.stringify(ingress)) return;
  const patch = { status: { loadBalancer: { ingress } } };
  await transport.patch(SERVICES, keyOf(service), 'merge', patch, { ...WRITER, subresource: 'status' });
}

/** The patch is strategic: what others have written into the list meanwhile stays. A Service that is gone needs none. */
async function patchMetadata(
  transport: Transport,
  service: Service,
  change: Readonly<Record<string, string[]>>,
): Promise<void> {
  try {
    await transport.patch(SERVICES, keyOf(service), 'strategic', { metadata: change }, WRITER);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}

function keyOf({ metadata }: Service): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

/** Stage: creates the objects a cluster has before anybody creates one. */
import { kubernetesService } from '../../controllers/kubernetes-service.ts';
import { ingressClass } from '../../ingress/ingress-objects.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  INGRESS_CLASSES,
  NAMESPACES,
  NODES,
  type ResourceType,
  SERVICE_ACCOUNTS,
  SERVICE_CIDRS,
  SERVICES,
} from '../../objects/resource.ts';
import { hasReason, type Transport } from '../../objects/transport.ts';
import type { ApiObject } from '../../objects/wire.ts';
import {
  apiServiceOptions,
  namespaceObject,
  nodeObject,
  SYSTEM_NAMESPACES,
  serviceCIDRObjects,
} from '../cluster-objects.ts';
import { dnsConfigMap, dnsDeployment, dnsService, dnsServiceAccount } from '../dns-objects.ts';
import type { LabPlan } from '../plan-lab.ts';
import { proxyConfigMap } from '../proxy-objects.ts';

/** Namespaces first, since the others live in them; the DNS Service before anything else can take its address. */
export async function createClusterObjects(plan: LabPlan, transport: Transport): Promise<void> {
  for (const name of SYSTEM_NAMESPACES) await transport.create(NAMESPACES, namespaceObject(name));
  for (const range of serviceCIDRObjects(plan)) await transport.create(SERVICE_CIDRS, range);
  const api = kubernetesService(apiServiceOptions(plan));
  await transport.create(SERVICES, api.service);
  await transport.create(SERVICES, dnsService(plan));
  await transport.create(SERVICE_ACCOUNTS, dnsServiceAccount());
  await transport.create(CONFIG_MAPS, dnsConfigMap(plan));
  await transport.create(CONFIG_MAPS, proxyConfigMap(plan));
  await transport.create(ENDPOINT_SLICES, api.slice);
  await transport.create(ENDPOINTS, api.endpoints);
  if (plan.ingress === 'haproxy') await transport.create(INGRESS_CLASSES, ingressClass());
  for (const node of plan.nodes) await transport.create(NODES, nodeObject(plan, node));
}

/**
 * What a cluster's components make again when somebody has deleted it: the system namespaces, the ranges of Services, Nodes. (The
 * `kubernetes` Service is its publisher's; the DNS is its user's to keep.)
 */
export async function restoreClusterObjects(plan: LabPlan, transport: Transport): Promise<void> {
  for (const name of SYSTEM_NAMESPACES) await createMissing(transport, NAMESPACES, namespaceObject(name));
  for (const range of serviceCIDRObjects(plan)) await createMissing(transport, SERVICE_CIDRS, range);
  for (const node of plan.nodes) await createMissing(transport, NODES, nodeObject(plan, node));
}

/**
 * What nodes bring into a cluster whose API server is elsewhere: themselves. Where that stands alone, also what a control plane makes
 * besides; ranges of Services and `default/kubernetes` are the API server's own.
 */
export async function joinCluster(plan: LabPlan, transport: Transport): Promise<void> {
  if (plan.remote?.controlPlane === true) {
    for (const name of SYSTEM_NAMESPACES) await createMissing(transport, NAMESPACES, namespaceObject(name));
    await createMissing(transport, SERVICES, dnsService(plan));
    await createMissing(transport, SERVICE_ACCOUNTS, dnsServiceAccount());
    await createMissing(transport, CONFIG_MAPS, dnsConfigMap(plan));
    await createMissing(transport, CONFIG_MAPS, proxyConfigMap(plan));
  }
  for (const node of plan.nodes) await createMissing(transport, NODES, nodeObject(plan, node));
}

async function createMissing<T extends ApiObject>(
  transport: Transport,
  type: ResourceType<T>,
  object: T,
): Promise<void> {
  try {
    await transport.create(type, object);
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists')) throw error;
  }
}

/** The DNS pods. Once the nodes are Ready, so that they are spread over them and none is told to wait. */
export async function createDnsDeployment(plan: LabPlan, transport: Transport): Promise<void> {
  await createMissing(transport, DEPLOYMENTS, dnsDeployment(plan));
}

/**
 * Stages that differ between a lab with a control plane of its own and one whose API server is elsewhere: the API with the objects
 * a cluster has, the scheduler and the controllers, the cluster DNS.
 */
import type { Server } from 'node:net';
import type { KubeletConnector } from '../../api/kubelet-connector.ts';
import { type RunningControllers, startControllers } from '../../controllers/start-controllers.ts';
import { apiServiceOptions } from '../cluster-objects.ts';
import type { StartMessage } from '../daemon-protocol.ts';
import { openRemoteApi } from '../join/remote-api.ts';
import {
  createClusterObjects,
  createDnsDeployment,
  joinCluster,
  restoreClusterObjects,
} from './create-cluster-objects.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import { type OpenApi, openApi } from './open-api.ts';
import { openState } from './open-state.ts';

/** The API, and in it what must be there before any component. An API server of the lab's own serves `listener`. */
export async function openControlPlane(
  context: DaemonContext,
  { apiAddress }: StartMessage,
  listener: Server | undefined,
  kubelets: KubeletConnector,
): Promise<OpenApi> {
  const { plan, timings, former } = context;
  const { remote } = plan;
  const api = await timings.measure('API', () => {
    if (remote !== undefined) return openRemoteApi(context, remote);
    if (apiAddress === undefined || listener === undefined) throw new Error('the launcher has handed over no listener');
    return openApi(context, listener, openState(context, apiAddress), kubelets);
  });
  const own = former === undefined ? createClusterObjects : restoreClusterObjects;
  const makeObjects = remote === undefined ? own : joinCluster;
  await timings.measure('cluster objects', () => makeObjects(plan, api.transport));
  return api;
}

/** The scheduler and the controllers, unless they run where the API server is. */
export async function startControlPlane(
  { plan, timings }: DaemonContext,
  { transport }: OpenApi,
): Promise<RunningControllers> {
  const { remote } = plan;
  if (remote?.controlPlane === false) return { slicesSettled: async () => undefined, stop: async () => undefined };
  const nodeLifecycle = { gracePeriodMs: plan.nodeGraceSeconds * 1000 };
  // A kube-apiserver publishes its own address itself.
  const options =
    remote === undefined ? { kubernetesService: apiServiceOptions(plan), nodeLifecycle } : { nodeLifecycle };
  return await timings.measure('controllers', () =>
    startControllers({ transport, log: componentLogger('controllers'), options }),
  );
}

/** The pods of the cluster DNS, once the nodes are Ready. A cluster that was joined has its own, or none. */
export async function startDns({ plan, former }: DaemonContext, { transport }: OpenApi): Promise<void> {
  if (former !== undefined || plan.remote?.controlPlane === false) return;
  await createDnsDeployment(plan, transport);
}

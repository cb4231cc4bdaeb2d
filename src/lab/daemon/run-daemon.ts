/** The order in which a lab is built: each stage is a file of its own. */
import type { Server } from 'node:net';
import { startControllers } from '../../controllers/start-controllers.ts';
import { NodeKubelets } from '../../node/node-kubelets.ts';
import { hostRuntime } from '../../node/runtime/host-runtime.ts';
import { StandInClient } from '../../node/standins/stand-in-client.ts';
import { apiServiceOptions } from '../cluster-objects.ts';
import type { BuiltPart, StartMessage } from '../daemon-protocol.ts';
import { agnhostScript } from '../programs.ts';
import type { Recorder } from '../record.ts';
import { stateDirectory, stateRoot } from '../state-directory.ts';
import { awaitReady } from './await-ready.ts';
import { buildFabric } from './build-fabric.ts';
import { createClusterObjects, createDnsDeployment } from './create-cluster-objects.ts';
import type { DaemonContext } from './daemon-context.ts';
import { daemonServices } from './daemon-services.ts';
import { serveDaemonSocket } from './daemon-socket.ts';
import { openJournal } from './journal-file.ts';
import { componentLogger } from './logger.ts';
import { observeLab } from './observe-lab.ts';
import { openApi, serveApiOnControlPlane } from './open-api.ts';
import { openState } from './open-state.ts';
import { startPodsProcess } from './pods-process.ts';
import { RecordedKernel } from './recorded-kernel.ts';
import { planNodes, proxyStates, startKubelets, startNodeNetworks } from './start-nodes.ts';
import { Timings } from './timings.ts';

/** Builds the lab and resolves when it is ready; its servers then keep the process alive. */
export async function runDaemon(
  start: StartMessage,
  listener: Server,
  recorder: Recorder,
  onBuilt: (part: BuiltPart) => void,
): Promise<void> {
  const { plan } = start;
  const directory = stateDirectory(plan.name);
  const timings = new Timings(onBuilt);
  timings.report('daemon', Date.now() - start.startedAt);
  const context: DaemonContext = {
    plan,
    directory,
    timings,
    kernel: new RecordedKernel(recorder, openJournal(directory.journal)),
  };
  const standIns = new StandInClient();
  // Containers wait for the pods process themselves, so the cluster need not: it takes as long as the fabric and the API.
  await Promise.all([
    timings.measure('pods process', () => startPodsProcess(context, recorder, standIns)),
    buildCluster(context, start, listener, standIns),
  ]);
}

async function buildCluster(
  context: DaemonContext,
  start: StartMessage,
  listener: Server,
  standIns: StandInClient,
): Promise<void> {
  const { plan, directory, timings } = context;
  const kubelets = new NodeKubelets();
  const openWithObjects = async () => {
    const api = await timings.measure('API', () => openApi(context, listener, openState(context, start), kubelets));
    await timings.measure('cluster objects', () => createClusterObjects(plan, api.transport));
    return api;
  };
  const [api] = await Promise.all([openWithObjects(), buildFabric(context)]);
  await serveApiOnControlPlane(context, api.server);
  const runtime = hostRuntime({
    kernel: context.kernel,
    directory: directory.containers,
    standIns,
    hidden: [stateRoot()],
    agnhost: agnhostScript(),
  });
  const nodes = planNodes(context, api, runtime);
  for (const node of nodes) kubelets.add(node.plan.name, node.kubelet);
  const observer = await observeLab(context, api.transport, new Date(start.startedAt), () => proxyStates(nodes));
  const [controllers] = await Promise.all([
    timings.measure('controllers', () =>
      startControllers({
        transport: api.transport,
        log: componentLogger('controllers'),
        options: {
          kubernetesService: apiServiceOptions(plan),
          nodeLifecycle: { gracePeriodMs: plan.nodeGraceSeconds * 1000 },
        },
      }),
    ),
    startNodeNetworks(context, nodes),
    startKubelets(context, nodes).then(() => createDnsDeployment(plan, api.transport)),
  ]);
  const services = daemonServices({ plan, observer, kubelets, nodes, controllers });
  await serveDaemonSocket(directory.socket, services);
  await awaitReady(context, observer.snapshots);
}

/** The order in which a lab is built, or what a former daemon left is taken over: each stage is a file of its own. */
import type { Server } from 'node:net';
import { namespaceStands } from '../../kernel/namespace-window.ts';
import { NodeKubelets } from '../../node/node-kubelets.ts';
import { hostRuntime } from '../../node/runtime/host-runtime.ts';
import { StandInClient } from '../../node/standins/stand-in-client.ts';
import { RelayClient } from '../../proxy/userspace/relay-client.ts';
import type { BuiltPart, StartMessage } from '../daemon-protocol.ts';
import { containerPrograms } from '../programs.ts';
import { type Recorder, readRecord } from '../record.ts';
import { type StateDirectory, stateDirectory, stateRoot } from '../state-directory.ts';
import { standingNamespaces } from '../tear-down.ts';
import { awaitAdopted } from './await-adopted.ts';
import { awaitReady } from './await-ready.ts';
import { buildFabric } from './build-fabric.ts';
import { openControlPlane, startControlPlane, startDns } from './control-plane.ts';
import type { DaemonContext, FormerState } from './daemon-context.ts';
import { daemonServices } from './daemon-services.ts';
import { serveDaemonSocket } from './daemon-socket.ts';
import { startHostServices } from './host-services.ts';
import { openJournal } from './journal-file.ts';
import { LabLinks } from './lab-links.ts';
import { observeLab } from './observe-lab.ts';
import { startPodsProcess } from './pods-process.ts';
import { RecordedKernel } from './recorded-kernel.ts';
import { relayConnector } from './relay-process.ts';
import { removeLeftovers } from './remove-leftovers.ts';
import { repairFabric } from './repair-fabric.ts';
import { startCloud } from './start-cloud.ts';
import { startIngress } from './start-ingress.ts';
import { planNodes, proxyStates, startKubelets, startNodeNetworks } from './start-nodes.ts';
import { Timings } from './timings.ts';

/** Builds the lab, or takes it over (`adopts`), and resolves when it is ready; its servers then keep the process alive. */
export async function runDaemon(
  start: StartMessage,
  listener: Server | undefined,
  recorder: Recorder,
  adopts: boolean,
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
    ...(adopts ? { former: findFormerState(directory) } : {}),
  };
  const standIns = new StandInClient();
  // Containers wait for the pods process themselves, so the cluster need not: it takes as long as the fabric and the API.
  const pods = timings.measure('pods process', () => startPodsProcess(context, recorder, standIns));
  const relays = new RelayClient(relayConnector(context, recorder));
  await Promise.all([pods, buildCluster(context, start, listener, recorder, { standIns, pods, relays })]);
  recorder.write([{ made: 'ready', at: new Date().toISOString() }]);
}

function findFormerState({ record }: StateDirectory): FormerState {
  const recorded = readRecord(record);
  const standing = [...standingNamespaces(recorded).keys()].filter(namespaceStands);
  return { recorded, standing: new Set(standing) };
}

/** The processes beside the daemon that carry traffic. */
interface Carriers {
  readonly standIns: StandInClient;
  readonly pods: Promise<void>;
  readonly relays: RelayClient;
}

async function buildCluster(
  context: DaemonContext,
  start: StartMessage,
  listener: Server | undefined,
  recorder: Recorder,
  { standIns, pods, relays }: Carriers,
): Promise<void> {
  const { plan, directory, timings, former } = context;
  const kubelets = new NodeKubelets();
  const makeFabric = () => (former === undefined ? buildFabric(context) : repairFabric(context, former));
  const [api] = await Promise.all([openControlPlane(context, start, listener, kubelets), makeFabric()]);
  await api.serveNodes();
  const runtime = hostRuntime({
    kernel: context.kernel,
    directory: directory.containers,
    standIns,
    hidden: [stateRoot()],
    ownPrograms: containerPrograms(),
  });
  if (former !== undefined) {
    await pods;
    await timings.measure('leftovers', () => removeLeftovers(context, former, api.transport, runtime));
  }
  startHostServices(context, standIns);
  const nodes = planNodes(context, api, runtime, relays, kubelets.credential);
  for (const node of nodes) kubelets.add(node.plan.name, node.kubelet);
  const createdAt = new Date(former?.recorded.readyAt ?? start.startedAt);
  const observer = await observeLab(context, api.transport, createdAt, () => proxyStates(nodes));
  const [controllers] = await Promise.all([
    startControlPlane(context, api),
    startNodeNetworks(context, nodes),
    startKubelets(context, nodes).then(() => startDns(context, api)),
  ]);
  const links = new LabLinks(context, observer, recorder);
  await links.restore();
  const services = daemonServices({
    ...{ links, plan, observer, kubelets, nodes, controllers, recorder },
    transport: api.transport,
  });
  await serveDaemonSocket(directory.socket, services);
  await (former === undefined ? awaitReady(context, observer.snapshots) : awaitAdopted(context, nodes));
  startCloud(context, api.transport);
  startIngress(context, api.transport);
}

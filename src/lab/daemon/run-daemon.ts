/** The order in which a lab is built: each stage is a file of its own. */
import type { Server } from 'node:net';
import { startControllers } from '../../controllers/start-controllers.ts';
import { apiServiceOptions } from '../cluster-objects.ts';
import type { BuiltPart, StartMessage } from '../daemon-protocol.ts';
import { onHost } from '../exec-target.ts';
import type { Recorder } from '../record.ts';
import { netnsOfPod } from '../snapshot.ts';
import { stateDirectory } from '../state-directory.ts';
import { buildFabric } from './build-fabric.ts';
import { createClusterObjects } from './create-cluster-objects.ts';
import type { DaemonContext } from './daemon-context.ts';
import { serveDaemonSocket } from './daemon-socket.ts';
import { openJournal } from './journal-file.ts';
import { KubeletDirectory } from './kubelet-directory.ts';
import { componentLogger } from './logger.ts';
import { observeLab } from './observe-lab.ts';
import { openApi, serveApiOnControlPlane } from './open-api.ts';
import { RecordedKernel } from './recorded-kernel.ts';
import { resolveTarget } from './resolve-target.ts';
import { planNodes, proxyStates, startNodes } from './start-nodes.ts';
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
  const kubelets = new KubeletDirectory();
  const [api] = await Promise.all([
    timings.measure('API', () => openApi(context, listener, start.apiAddress, kubelets)),
    buildFabric(context),
  ]);
  await timings.measure('cluster objects', () => createClusterObjects(plan, api.transport));
  await serveApiOnControlPlane(context, api.server);
  const nodes = planNodes(context, api);
  const createdAt = new Date(start.startedAt);
  const observer = await observeLab(context, api.transport, createdAt, () => proxyStates(nodes));
  const [controllers] = await Promise.all([
    timings.measure('controllers', () =>
      startControllers({
        transport: api.transport,
        log: componentLogger('controllers'),
        options: { kubernetesService: apiServiceOptions(plan) },
      }),
    ),
    startNodes(context, nodes),
  ]);
  const find = (name: string) => resolveTarget(plan, name, observer.findPod);
  await serveDaemonSocket(directory.socket, {
    snapshots: observer.snapshots,
    netnsOf(name) {
      const target = find(name);
      return 'host' in target ? target.host.netns : netnsOfPod(plan, target.pod);
    },
    async exec(name, argv) {
      const target = find(name);
      return onHost('host' in target ? target.host.netns : netnsOfPod(plan, target.pod), argv);
    },
    async programmed() {
      await controllers.slicesSettled();
      await Promise.all(nodes.map(({ proxy }) => proxy.programmed()));
    },
  });
}

/** Composes kube-controller-manager and kube-scheduler: every controller on shared informers, started and stopped together. */
import { EventRecorder } from '../client/event-recorder.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { hasCaughtUp } from '../client/informer-progress.ts';
import type { Component, Logger } from '../objects/component.ts';
import type { ResourceType } from '../objects/resource.ts';
import * as resources from '../objects/resource.ts';
import type { Transport } from '../objects/transport.ts';
import type { ControllerContext } from './controller-context.ts';
import { daemonSetController } from './daemon-set/daemon-set-controller.ts';
import { deploymentController } from './deployment/deployment-controller.ts';
import { endpointSliceController } from './endpoint-slice/endpoint-slice-controller.ts';
import { endpointSliceMirroringController } from './endpoint-slice/mirroring-controller.ts';
import { endpointsController } from './endpoints/endpoints-controller.ts';
import { garbageCollector } from './garbage-collector/garbage-collector.ts';
import { KeyedController } from './keyed-controller.ts';
import { type KubernetesServiceOptions, kubernetesServicePublisher } from './kubernetes-service.ts';
import { namespaceController } from './namespace-controller.ts';
import { type NodeLifecycleOptions, nodeLifecycleController } from './node-lifecycle/node-lifecycle-controller.ts';
import { type PodGcOptions, podGarbageCollector } from './pod-gc.ts';
import { replicaController } from './replica-set/replica-controller.ts';
import { REPLICA_SET_KIND, REPLICATION_CONTROLLER_KIND } from './replica-set/replica-kinds.ts';
import { scheduler } from './scheduler/scheduler.ts';
import { statefulSetController } from './stateful-set/stateful-set-controller.ts';

export interface ControllerOptions {
  readonly nodeLifecycle?: NodeLifecycleOptions;
  readonly podGc?: PodGcOptions;
  /** Absent: somebody else publishes `default/kubernetes`. */
  readonly kubernetesService?: KubernetesServiceOptions;
  readonly endpointsPerSlice?: number;
  /** Further resources whose objects are garbage-collected and go with their namespace. */
  readonly moreResources?: readonly ResourceType[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface RunningControllers {
  /** Resolves when every Service, pod and Endpoints written before this call is in the EndpointSlices. */
  slicesSettled(): Promise<void>;
  stop(): Promise<void>;
}

/** Resources that come and go too quickly, or have no owners, to be worth the garbage collector's attention. */
const UNOWNED = new Set<ResourceType>([resources.EVENTS]);

/** What EndpointSlices are made of. */
const SLICE_SOURCES: readonly ResourceType[] = [
  resources.SERVICES,
  resources.PODS,
  resources.ENDPOINTS,
  resources.ENDPOINT_SLICES,
  resources.NODES,
];

/** Resolves when the shared informer of a resource knows everything the API has now. */
async function caughtUp(informers: InformerFactory, transport: Transport, type: ResourceType): Promise<void> {
  await hasCaughtUp(informers.informer(type), await transport.list(type));
}

/** Every resource the project knows, each once: the newer group's Events are the core group's. */
function allResources(): ResourceType[] {
  const all = Object.values(resources).filter((value): value is ResourceType => typeof value === 'object');
  return all.filter((type) => type !== resources.EVENTS_V1);
}

/**
 * Starts all controllers and the scheduler; resolves when each has acted on what there is. Failures are logged and
 * retried, never thrown, so that only `stop` ends them.
 */
export async function startControllers(parts: {
  readonly transport: Transport;
  readonly log: Logger;
  readonly options?: ControllerOptions;
}): Promise<RunningControllers> {
  const { transport, log, options = {} } = parts;
  const warn = (what: string) => (error: unknown) =>
    log.warn(`controllers: ${what}`, { error: error instanceof Error ? error.message : String(error) });
  const informers = new InformerFactory(transport, warn('informer'));
  const recorders: EventRecorder[] = [];
  const context: ControllerContext = {
    transport,
    informers,
    log,
    now: options.now ?? Date.now,
    recorder: (component) => {
      const recorder = new EventRecorder(transport, { component, onError: warn('event dropped') });
      recorders.push(recorder);
      return recorder;
    },
  };
  const components = compose(context, options);
  await informers.start();
  await Promise.all(components.map((component) => component.start()));
  return {
    async slicesSettled() {
      await Promise.all(SLICE_SOURCES.map((type) => caughtUp(informers, transport, type)));
      await Promise.all(components.map((each) => (each instanceof KeyedController ? each.queue.drained() : undefined)));
    },
    async stop() {
      await informers.stop();
      await Promise.all(components.map((component) => component.stop()));
      for (const recorder of recorders) recorder.stop();
    },
  };
}

function compose(context: ControllerContext, options: ControllerOptions): Component[] {
  const types = [...allResources(), ...(options.moreResources ?? [])];
  const { endpointsPerSlice, kubernetesService } = options;
  return [
    scheduler(context),
    deploymentController(context),
    replicaController(context, REPLICA_SET_KIND),
    replicaController(context, REPLICATION_CONTROLLER_KIND),
    statefulSetController(context),
    daemonSetController(context),
    endpointSliceController(context, endpointsPerSlice === undefined ? {} : { endpointsPerSlice }),
    endpointSliceMirroringController(context),
    endpointsController(context),
    garbageCollector(
      context,
      types.filter((type) => !UNOWNED.has(type)),
    ),
    namespaceController(context, types),
    nodeLifecycleController(context, options.nodeLifecycle),
    podGarbageCollector(context, options.podGc),
    ...(kubernetesService === undefined ? [] : [kubernetesServicePublisher(context, kubernetesService)]),
  ];
}

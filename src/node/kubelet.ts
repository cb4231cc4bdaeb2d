/**
 * The kubelet of one node: keeps its Node alive and gives each pod bound to it a worker. Pods of one name follow each other: a
 * successor begins when nothing of its predecessor is left.
 */
import type { Socket } from 'node:net';
import { EventRecorder } from '../client/event-recorder.ts';
import { Informer, type InformerChange, keyOf } from '../client/informer.ts';
import type { Component } from '../objects/component.ts';
import { PODS, SERVICES } from '../objects/resource.ts';
import type { Pod, Service } from '../objects/wire.ts';
import { connectToPod } from './connect-to-pod.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import type { NodeContext } from './node-context.ts';
import { NodeHeartbeat } from './node-heartbeat.ts';
import { capacityOf, machineFacts } from './node-status.ts';
import { apiConfigSource } from './pod/config-source.ts';
import { apiTokenSource } from './pod/token-source.ts';
import { PodWorker } from './pod-worker.ts';
import { SandboxQueue } from './sandbox-queue.ts';
import { kubeletFacts } from './server/kubelet-facts.ts';
import { KubeletServer } from './server/kubelet-server.ts';

/** Kubernetes' own limit. */
const DEFAULT_MAX_PODS = 110;
const DEFAULT_LEASE_SECONDS = 40;
/** Where many pods start at once the telling of it must not hold up their start; Kubernetes' kubelet has such a rate, too. */
const EVENT_RATE = { perSecond: 50, burst: 20 };

export class Kubelet implements Component {
  readonly name: string;
  readonly #options: KubeletOptions;
  readonly #pods: Informer<Pod>;
  readonly #services: Informer<Service>;
  readonly #heartbeat: NodeHeartbeat;
  readonly #context: NodeContext;
  readonly #workers = new Map<string, PodWorker>();
  readonly #server: KubeletServer;

  constructor(options: KubeletOptions) {
    const { node, transport, nodeIps, log, maxPods = DEFAULT_MAX_PODS, leaseSeconds = DEFAULT_LEASE_SECONDS } = options;
    this.name = `kubelet/${node}`;
    this.#options = options;
    const onError = (error: unknown) => log.warn(`${this.name}: ${(error as Error).message}`);
    this.#pods = new Informer(transport, PODS, { fieldSelector: `spec.nodeName=${node}`, onError });
    this.#services = new Informer(transport, SERVICES, { onError });
    const facts = machineFacts();
    this.#heartbeat = new NodeHeartbeat({ node, nodeIps, maxPods, leaseSeconds, transport, facts, onError });
    this.#context = {
      options,
      recorder: new EventRecorder(transport, { component: 'kubelet', host: node, rate: EVENT_RATE, onError }),
      sandboxes: new SandboxQueue(options.podNetwork),
      source: apiConfigSource(transport),
      tokens: apiTokenSource(transport),
      services: () => this.#services.list(),
      podCount: () => this.#workers.size,
      allocatable: capacityOf(facts, maxPods),
    };
    this.#pods.onChange((change) => this.#onPod(change));
    this.#server = new KubeletServer(options, kubeletFacts(this.#workers));
  }

  async start(): Promise<void> {
    // A container's Service variables must not miss a Service that was there before it.
    await Promise.all([this.#services.start(), this.#heartbeat.start()]);
    await this.#pods.start();
    this.#options.log.info(`${this.name}: node is ready`);
    // Nobody waits for it: the API reaches containers by a way of its own.
    this.#server.start().catch((error: Error) => this.#options.log.warn(`${this.name}: ${error.message}`));
  }

  async stop(): Promise<void> {
    this.#heartbeat.stop();
    this.#server.stop();
    await Promise.all([this.#pods.stop(), this.#services.stop()]);
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    this.#context.recorder.stop();
  }

  /** Resolves when every pod known now has been looked after, whatever came of it being shown in its status. */
  async settled(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.settled()));
  }

  /** The worker of a pod of this node. */
  worker(namespace: string, name: string): PodWorker | undefined {
    return this.#workers.get(`${namespace}/${name}`);
  }

  /** A connection to a TCP port of a pod, made within its network. Rejects with why there is none. */
  async connect({ network, identity }: PodWorker, port: number): Promise<Socket> {
    if (network === undefined) throw new Error(`pod "${identity.name}" has no network yet`);
    return await connectToPod(this.#options.kernel.sockets, network, port);
  }

  #onPod(change: InformerChange<Pod>): void {
    const pod = change.object;
    const key = keyOf(pod);
    const worker = this.#workers.get(key);
    if (change.type === 'deleted') {
      if (worker?.identity.uid === pod.metadata?.uid) worker?.remove();
      return;
    }
    if (worker === undefined) this.#begin(key, pod);
    else if (worker.identity.uid === pod.metadata?.uid) worker.update(pod);
    // Another pod of the same name: it begins when the first has left (see #begin).
    else worker.remove();
  }

  #begin(key: string, pod: Pod): void {
    const worker = new PodWorker(this.#context, pod);
    this.#workers.set(key, worker);
    void worker.gone.then(() => {
      this.#workers.delete(key);
      const present = this.#pods.get(key);
      if (present !== undefined && present.metadata?.uid !== worker.identity.uid) this.#begin(key, present);
    });
  }
}

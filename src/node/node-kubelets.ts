/** The API server's way to the kubelets of the lab's nodes: exec, attach, logs, with the errors a kubelet gives. */
import { randomBytes } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';
import type {
  ExecRequest,
  ExecSession,
  KubeletConnector,
  LogRequest,
  PodContainerRef,
  PodRef,
} from '../api/kubelet-connector.ts';
import { internalError, statusError } from '../api/status-error.ts';
import { containerLogs } from './container-logs.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodWorker } from './pod-worker.ts';
import type { RunningContainer } from './runtime/container-runtime.ts';

export class NodeKubelets implements KubeletConnector {
  /** A secret of this process: what the API server shows to the kubelets' own servers. */
  readonly credential = randomBytes(32).toString('base64url');
  readonly #kubelets = new Map<string, Kubelet>();

  add(node: string, kubelet: Kubelet): void {
    this.#kubelets.set(node, kubelet);
  }

  async exec(request: ExecRequest): Promise<ExecSession> {
    const running = this.#running(request);
    try {
      return await running.exec(request.command, request);
    } catch (error) {
      throw internalError(error);
    }
  }

  async attach(request: Omit<ExecRequest, 'command'>): Promise<ExecSession> {
    return this.#running(request).attach(request);
  }

  async logs(request: LogRequest): Promise<Readable> {
    return containerLogs(this.#worker(request), request);
  }

  async portForward(ref: PodRef, port: number): Promise<Duplex> {
    return await this.#kubelet(ref.node).connect(this.#worker(ref), port);
  }

  /**
   * argv and environment with which the caller itself runs a program in a container, with its own standard input and output. The
   * container is the one named, else the pod's first.
   */
  async execArgv(
    ref: Omit<PodContainerRef, 'container'> & { readonly container?: string },
    command: readonly [string, ...string[]],
  ): ReturnType<RunningContainer['execArgv']> {
    const container = ref.container ?? this.#worker(ref).pod.spec?.containers[0]?.name ?? '';
    return this.#running({ ...ref, container }).execArgv(command);
  }

  #worker({ node, namespace, pod }: PodRef): PodWorker {
    const worker = this.#kubelet(node).worker(namespace, pod);
    if (worker === undefined) throw statusError(404, 'NotFound', `pod "${pod}" not found on node ${node}`);
    return worker;
  }

  #kubelet(node: string): Kubelet {
    const kubelet = this.#kubelets.get(node);
    if (kubelet === undefined) throw statusError(500, 'InternalError', `no kubelet for node ${JSON.stringify(node)}`);
    return kubelet;
  }

  #running(ref: PodContainerRef): RunningContainer {
    const instance = this.#worker(ref).containers.instance(ref.container);
    if (instance === undefined) {
      throw statusError(500, 'InternalError', `unable to upgrade connection: container not found ("${ref.container}")`);
    }
    return instance.running;
  }
}

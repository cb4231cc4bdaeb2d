/**
 * Collects requests to wire and unwire pods, so that those that come together reach the kernel together. While one batch is
 * under way the next one gathers.
 */
import type { PodIdentity, PodNetworkSeam, PodSandbox } from './pod-network-seam.ts';

interface Request {
  readonly pod: PodIdentity;
  readonly resolve: (sandbox: PodSandbox) => void;
  readonly reject: (error: Error) => void;
}

interface Departure {
  readonly pod: PodIdentity;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class SandboxQueue {
  readonly #network: PodNetworkSeam;
  #attaching: Request[] = [];
  #detaching: Departure[] = [];
  #busy = false;

  constructor(network: PodNetworkSeam) {
    this.#network = network;
  }

  attach(pod: PodIdentity): Promise<PodSandbox> {
    return new Promise((resolve, reject) => {
      this.#attaching.push({ pod, resolve, reject });
      this.#kick();
    });
  }

  detach(pod: PodIdentity): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#detaching.push({ pod, resolve, reject });
      this.#kick();
    });
  }

  #kick(): void {
    if (this.#busy) return;
    this.#busy = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#attaching.length > 0 || this.#detaching.length > 0) {
      const detaching = this.#detaching.splice(0);
      const attaching = this.#attaching.splice(0);
      await this.#detach(detaching);
      await this.#attach(attaching);
    }
    this.#busy = false;
  }

  async #detach(requests: readonly Departure[]): Promise<void> {
    if (requests.length === 0) return;
    try {
      await this.#network.detach(requests.map(({ pod }) => pod));
      for (const { resolve } of requests) resolve();
    } catch (error) {
      for (const { reject } of requests) reject(error as Error);
    }
  }

  async #attach(requests: readonly Request[]): Promise<void> {
    if (requests.length === 0) return;
    try {
      const answers = await this.#network.attach(requests.map(({ pod }) => pod));
      for (const { pod, resolve, reject } of requests) {
        const answer =
          answers.get(pod.uid) ?? new Error(`the pod network says nothing of ${pod.namespace}/${pod.name}`);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of requests) reject(error as Error);
    }
  }
}

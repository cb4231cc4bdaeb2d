/** The Events a kubelet writes about a pod: reasons and texts as Kubernetes 1.36 has them. */
import type { EventRecorder } from '../client/event-recorder.ts';
import { PODS } from '../objects/resource.ts';
import type { Container, Pod } from '../objects/wire.ts';

export class PodEvents {
  readonly #recorder: EventRecorder;
  readonly #pod: () => Pod;

  constructor(recorder: EventRecorder, pod: () => Pod) {
    this.#recorder = recorder;
    this.#pod = pod;
  }

  pulled(container: Container): void {
    const message = `Container image "${container.image}" already present on machine and can be accessed by the pod`;
    this.#normal(container, 'Pulled', message);
  }

  /** Podwire's own: the image table does not have it. */
  unknownImage(container: Container): void {
    this.#normal(
      container,
      'StandIn',
      `Image "${container.image}" is unknown to podwire: a web server stands in for it`,
    );
  }

  created(container: Container): void {
    this.#normal(container, 'Created', 'Container created');
  }

  started(container: Container): void {
    this.#normal(container, 'Started', 'Container started');
  }

  failed(container: Container, message: string): void {
    this.#warning(container, 'Failed', `Error: ${message}`);
  }

  backOff(container: Container): void {
    const { name, namespace, uid } = this.#pod().metadata ?? {};
    const message = `Back-off restarting failed container ${container.name} in pod ${name}_${namespace}(${uid})`;
    this.#warning(container, 'BackOff', message);
  }

  stopping(container: Container): void {
    this.#normal(container, 'Killing', `Stopping container ${container.name}`);
  }

  unhealthy(container: Container, kind: string, failure: string): void {
    this.#warning(container, 'Unhealthy', `${kind} probe failed: ${failure}`);
  }

  killedByProbe(container: Container, kind: string): void {
    this.#normal(
      container,
      'Killing',
      `Container ${container.name} failed ${kind.toLowerCase()} probe, will be restarted`,
    );
  }

  hookFailed(container: Container, hook: 'PostStart' | 'PreStop', message: string): void {
    this.#warning(container, `Failed${hook}Hook`, `${hook}Hook failed: ${message}`);
  }

  deadlineExceeded(): void {
    const message = 'Pod was active on the node longer than specified deadline';
    this.#recorder.normal({ type: PODS, object: this.#pod() }, 'DeadlineExceeded', message);
  }

  failedMount(message: string): void {
    this.#recorder.warning({ type: PODS, object: this.#pod() }, 'FailedMount', `MountVolume.SetUp failed: ${message}`);
  }

  failedSandbox(message: string): void {
    const text = `Failed to create pod sandbox: ${message}`;
    this.#recorder.warning({ type: PODS, object: this.#pod() }, 'FailedCreatePodSandBox', text);
  }

  #normal(container: Container, reason: string, message: string): void {
    this.#recorder.normal(this.#subject(container), reason, message);
  }

  #warning(container: Container, reason: string, message: string): void {
    this.#recorder.warning(this.#subject(container), reason, message);
  }

  #subject(container: Container) {
    const pod = this.#pod();
    const lists = ['initContainers', 'ephemeralContainers'] as const;
    const list = lists.find((name) => pod.spec?.[name]?.some((other) => other.name === container.name)) ?? 'containers';
    return { type: PODS, object: pod, fieldPath: `spec.${list}{${container.name}}` };
  }
}

/**
 * Installs the lab's Ingress controller with the first Ingress that is for it, so that a lab without Ingresses pays nothing. What a user
 * has changed in it stays; what is missing is made as long as there is such an Ingress.
 */
import { CoalescingRunner } from '../client/coalescing-runner.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import type { Logger } from '../objects/component.ts';
import {
  DEPLOYMENTS,
  INGRESS_CLASSES,
  INGRESSES,
  NAMESPACES,
  type ResourceType,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../objects/resource.ts';
import { hasReason, type Transport } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';
import {
  INGRESS_CONTROLLER,
  INGRESS_NAMESPACE,
  ingressDeployment,
  ingressNamespace,
  ingressService,
  ingressServiceAccount,
} from './ingress-objects.ts';
import { servedIngresses } from './served-ingresses.ts';

export interface IngressInstallerOptions {
  readonly transport: Transport;
  /** The controller's command in a container. */
  readonly program: readonly string[];
  /** Why it cannot run on this machine; undefined when it can. */
  readonly missing: () => string | undefined;
  readonly log: Logger;
}

export class IngressInstaller {
  readonly #options: IngressInstallerOptions;
  readonly #informers: InformerFactory;
  readonly #ingresses;
  readonly #classes;
  readonly #namespaces;
  readonly #events: EventRecorder;
  readonly #runner: CoalescingRunner;

  constructor(options: IngressInstallerOptions) {
    this.#options = options;
    const onError = (error: unknown) => options.log.warn('ingress installer', { error: String(error) });
    this.#informers = new InformerFactory(options.transport, onError);
    this.#ingresses = this.#informers.informer(INGRESSES);
    this.#classes = this.#informers.informer(INGRESS_CLASSES);
    this.#namespaces = this.#informers.informer(NAMESPACES);
    this.#events = new EventRecorder(options.transport, { component: 'ingress-installer', onError });
    this.#runner = new CoalescingRunner(() => this.#sync(), onError);
  }

  async start(): Promise<void> {
    await this.#informers.start();
    this.#ingresses.onChange(({ type }) => type !== 'deleted' && this.#runner.request());
    this.#classes.onChange(() => this.#runner.request());
    this.#namespaces.onChange(({ type, object }) => {
      if (type === 'deleted' && object.metadata?.name === INGRESS_NAMESPACE) this.#runner.request();
    });
    await this.#runner.settled(this.#runner.request());
  }

  async stop(): Promise<void> {
    await this.#informers.stop();
    await this.#runner.stop();
    this.#events.stop();
  }

  async #sync(): Promise<void> {
    const waiting = servedIngresses(this.#ingresses.list(), this.#classes.list(), INGRESS_CONTROLLER);
    if (waiting.length === 0) return;
    const why = this.#options.missing();
    if (why === undefined) return await this.#install();
    for (const object of waiting) this.#events.warning({ type: INGRESSES, object }, 'ControllerMissing', why);
  }

  async #install(): Promise<void> {
    await this.#create(NAMESPACES, ingressNamespace());
    await this.#create(SERVICE_ACCOUNTS, ingressServiceAccount());
    await this.#create(SERVICES, ingressService());
    await this.#create(DEPLOYMENTS, ingressDeployment(this.#options.program));
  }

  async #create<T extends ApiObject>(type: ResourceType<T>, object: T): Promise<void> {
    try {
      await this.#options.transport.create(type, object);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    }
  }
}

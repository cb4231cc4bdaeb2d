/**
 * The Ingress controller, in its pod: watches Ingresses of its classes and what they name, keeps its HAProxy in line with them, and writes
 * back where they are served and what is wrong with them. A client of the API like any other; decides nothing about routes.
 */
import { CoalescingRunner } from '../client/coalescing-runner.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { type Haproxy, HaproxyRefusal } from '../haproxy/haproxy.ts';
import type { Logger } from '../objects/component.ts';
import { ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES } from '../objects/resource.ts';
import { hasReason, type Transport } from '../objects/transport.ts';
import type { Ingress } from '../objects/wire.ts';
import { findCulprits } from './find-culprits.ts';
import { type IngressConfigOptions, ingressConfiguration } from './haproxy-config.ts';
import type { Complaint, IngressPlan } from './ingress-plan.ts';
import { planIngress } from './plan-ingress.ts';
import { servedIngresses } from './served-ingresses.ts';
import { serviceOfSlice } from './upstreams.ts';

export interface IngressControllerOptions {
  readonly transport: Transport;
  readonly haproxy: Pick<Haproxy, 'check' | 'configure'>;
  readonly recorder: Pick<EventRecorder, 'normal' | 'warning'>;
  readonly log: Logger;
  /** `spec.controller` of the IngressClasses it serves. */
  readonly controller: string;
  /** The Service in front of it, `namespace/name`, whose addresses are the Ingresses'. */
  readonly publishService: string;
  readonly config: IngressConfigOptions;
}

export class IngressController {
  readonly #options: IngressControllerOptions;
  readonly #informers: InformerFactory;
  readonly #ingresses;
  readonly #classes;
  readonly #services;
  readonly #slices;
  readonly #slicesOfService;
  readonly #secrets;
  readonly #runner: CoalescingRunner;
  /** What each Ingress (by uid) has been told in Events: its generation served, and what is wrong with it. */
  readonly #told = new Map<string, Set<string>>();
  #isServing = false;

  constructor(options: IngressControllerOptions) {
    this.#options = options;
    const { transport, log } = options;
    this.#informers = new InformerFactory(transport, (error) => log.warn('informer', { error: String(error) }));
    this.#ingresses = this.#informers.informer(INGRESSES);
    this.#classes = this.#informers.informer(INGRESS_CLASSES);
    this.#services = this.#informers.informer(SERVICES);
    this.#slices = this.#informers.informer(ENDPOINT_SLICES);
    this.#slicesOfService = this.#slices.index(serviceOfSlice);
    this.#secrets = this.#informers.informer(SECRETS);
    this.#runner = new CoalescingRunner(
      () => this.#sync(),
      (error) => log.error('could not sync, will retry', { error: String(error) }),
    );
  }

  /** Resolves when the proxy serves what there is. */
  async start(): Promise<void> {
    await this.#informers.start();
    for (const informer of [this.#ingresses, this.#classes, this.#services, this.#slices, this.#secrets])
      informer.onChange(() => this.#runner.request());
    await this.#runner.settled(this.#runner.request());
  }

  async stop(): Promise<void> {
    await this.#informers.stop();
    await this.#runner.stop();
  }

  /** True once the proxy has taken a configuration. */
  get isServing(): boolean {
    return this.#isServing;
  }

  async #sync(): Promise<void> {
    const served = servedIngresses(this.#ingresses.list(), this.#classes.list(), this.#options.controller);
    const { plan, refused } = await this.#configure(served);
    this.#isServing = true;
    this.#tell(served, [...plan.complaints, ...refused]);
    const rejected = new Set(refused.map(({ ingress }) => ingress));
    for (const ingress of served) if (!rejected.has(ingress)) await this.#publish(ingress);
  }

  /** Puts in force what HAProxy takes: all of it, or all but the Ingresses it refuses. */
  async #configure(
    served: readonly Ingress[],
  ): Promise<{ readonly plan: IngressPlan; readonly refused: readonly Complaint[] }> {
    const { haproxy } = this.#options;
    const plan = this.#plan(served);
    try {
      await haproxy.configure(ingressConfiguration(plan, this.#options.config));
      return { plan, refused: [] };
    } catch (error) {
      if (!(error instanceof HaproxyRefusal)) throw error;
      this.#options.log.warn('haproxy refuses the configuration; looking for the culprit', { error: error.message });
    }
    const check = (some: readonly Ingress[]) =>
      haproxy.check(ingressConfiguration(this.#plan(some), this.#options.config));
    const { accepted, refused } = await findCulprits(served, check);
    const smaller = this.#plan(accepted);
    await haproxy.configure(ingressConfiguration(smaller, this.#options.config));
    const complaints = refused.map(({ item, why }) => {
      return { ingress: item, reason: 'Rejected', message: `It is not served, since HAProxy refuses it: ${why}` };
    });
    return { plan: smaller, refused: complaints };
  }

  #plan(ingresses: readonly Ingress[]): IngressPlan {
    return planIngress(ingresses, {
      service: (key) => this.#services.get(key),
      slices: (key) => this.#slicesOfService.get(key),
      secret: (key) => this.#secrets.get(key),
    });
  }

  /** Each thing once, until it has been otherwise. */
  #tell(served: readonly Ingress[], complaints: readonly Complaint[]): void {
    const { recorder } = this.#options;
    const now = new Map(served.map(({ metadata }) => [metadata?.uid ?? '', new Set<string>()]));
    for (const ingress of served) {
      const { uid = '', generation } = ingress.metadata ?? {};
      const words = `Sync ${generation}`;
      now.get(uid)!.add(words);
      if (this.#told.get(uid)?.has(words) !== true)
        recorder.normal({ type: INGRESSES, object: ingress }, 'Sync', 'Scheduled for sync');
    }
    for (const { ingress, reason, message } of complaints) {
      const uid = ingress.metadata?.uid ?? '';
      const words = `${reason} ${message}`;
      if (now.get(uid)?.has(words) === true) continue;
      now.get(uid)?.add(words);
      if (this.#told.get(uid)?.has(words) !== true)
        recorder.warning({ type: INGRESSES, object: ingress }, reason, message);
    }
    this.#told.clear();
    for (const [uid, words] of now) this.#told.set(uid, words);
  }

  async #publish({ metadata, status }: Ingress): Promise<void> {
    const { transport, publishService } = this.#options;
    const addresses = this.#services.get(publishService)?.status?.loadBalancer?.ingress ?? [];
    const ingress = addresses.map(({ ip, hostname }) => (ip === undefined ? { hostname: hostname ?? '' } : { ip }));
    if (JSON.stringify(ingress) === JSON.stringify(status?.loadBalancer?.ingress ?? [])) return;
    const key = { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
    try {
      await transport.patch(
        INGRESSES,
        key,
        'merge',
        { status: { loadBalancer: { ingress } } },
        { subresource: 'status' },
      );
    } catch (error) {
      // Deleted meanwhile.
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }
}

/**
 * The cloud's service controller: watches Services of type LoadBalancer, gives each an address, has the load balancer serve it, and
 * writes down where. Words, Events and order are those of Kubernetes' own (k8s.io/cloud-provider, controllers/service). Who has which
 * address is read from the Services' status, so that nothing has to be remembered over a crash.
 */
import { EventRecorder } from '../client/event-recorder.ts';
import { Informer, type InformerChange, keyOf } from '../client/informer.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { Component, Logger } from '../objects/component.ts';
import { NODES, SERVICES } from '../objects/resource.ts';
import { hasReason, type Transport } from '../objects/transport.ts';
import type { Service } from '../objects/wire.ts';
import { AddressBook } from './address-book.ts';
import {
  type BalancedService,
  balancedService,
  type Member,
  membersOf,
  needsCleanup,
  wantsLoadBalancer,
} from './balanced-service.ts';
import { LoadBalancerRefusal } from './refusal.ts';
import { serviceChange } from './service-changes.ts';
import { addFinalizer, addressOf, removeFinalizer, writeAddress } from './service-writer.ts';

export interface ServiceControllerOptions {
  readonly transport: Transport;
  /** The blocks addresses are given from. */
  readonly blocks: readonly string[];
  /** Somebody before us has served Services here, which may be gone meanwhile. */
  readonly takesOver?: boolean;
  /** Serves these Services and no others; resolves when they answer. */
  readonly balance: (services: readonly BalancedService[]) => Promise<void>;
  readonly log: Logger;
}

/** Services looked after at once: a burst of new ones becomes one change of the load balancer. */
const CONCURRENCY = 32;
const RETRY_FIRST_MS = 200;

export class ServiceController implements Component {
  readonly name = 'service-controller';
  readonly #options: ServiceControllerOptions;
  readonly #services: Informer<Service>;
  readonly #nodes;
  readonly #events: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #addresses: AddressBook;
  /** What is served now, by Service. */
  readonly #served = new Map<string, BalancedService>();
  /** Services that found no address: tried again when one becomes free. */
  readonly #waiting = new Set<string>();
  #members: readonly Member[] = [];
  #isListed = false;
  #balancing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(options: ServiceControllerOptions) {
    this.#options = options;
    const { transport, log } = options;
    this.#addresses = new AddressBook(options.blocks);
    const onError = (error: unknown) => log.warn('service-controller', { error: String(error) });
    this.#services = new Informer(transport, SERVICES, { onError });
    this.#nodes = new Informer(transport, NODES, { onError });
    this.#events = new EventRecorder(transport, { component: this.name, onError });
    this.#queue = new WorkQueue({
      process: (key) => this.#reconcile(key),
      onError: (error, key) => log.warn(`service-controller: ${key}`, { error: String(error) }),
      concurrency: CONCURRENCY,
      retryFirstMs: RETRY_FIRST_MS,
    });
    this.#services.onChange((change) => this.#serviceChanged(change));
    this.#nodes.onChange(() => this.#nodesChanged());
  }

  async start(): Promise<void> {
    await Promise.all([this.#nodes.start(), this.#services.start()]);
    this.#members = membersOf(this.#nodes.list());
    this.#addresses.claim(this.#services.list().filter((service) => wantsLoadBalancer(service)));
    this.#isListed = true;
    this.#queue.start();
    await this.#queue.drained();
    if (this.#options.takesOver === true) await this.#rebalance();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#services.stop(), this.#nodes.stop(), this.#queue.stop()]);
    this.#events.stop();
  }

  /** Resolves when every Service known now has been looked after once. */
  drained(): Promise<void> {
    return this.#queue.drained();
  }

  #serviceChanged(change: InformerChange<Service>): void {
    const { object } = change;
    const key = keyOf(object);
    if (change.type === 'deleted') {
      if (this.#served.has(key) || this.#waiting.has(key)) this.#queue.add(key);
      return;
    }
    const isNew = change.type === 'added';
    const { needsUpdate, event } = isNew
      ? { needsUpdate: wantsLoadBalancer(object) }
      : serviceChange(change.previous, object);
    if (event !== undefined) this.#events.normal({ type: SERVICES, object }, event.reason, event.message);
    if (needsUpdate || needsCleanup(object)) this.#queue.add(key);
  }

  #nodesChanged(): void {
    if (!this.#isListed) return;
    const members = membersOf(this.#nodes.list());
    if (JSON.stringify(members) === JSON.stringify(this.#members)) return;
    this.#members = members;
    for (const [key, service] of this.#served) this.#served.set(key, { ...service, members });
    const served = [...this.#served.keys()].flatMap((key) => this.#services.get(key) ?? []);
    this.#rebalance().then(
      () => {
        for (const service of served)
          this.#sayMembers(service, 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
      },
      (error: unknown) => {
        const hosts = `[${members.map(({ node }) => node).join(' ')}]`;
        const words = `Error updating load balancer with new hosts ${hosts}: ${messageOf(error)}`;
        for (const object of served) {
          this.#events.warning({ type: SERVICES, object }, 'UpdateLoadBalancerFailed', words);
          this.#queue.add(keyOf(object));
        }
      },
    );
  }

  async #reconcile(key: string): Promise<void> {
    const service = this.#services.get(key);
    if (service !== undefined && wantsLoadBalancer(service) && !needsCleanup(service))
      return await this.#ensure(service);
    this.#waiting.delete(key);
    if (service === undefined || needsCleanup(service)) await this.#remove(key, service);
  }

  async #ensure(service: Service): Promise<void> {
    const subject = { type: SERVICES, object: service };
    this.#events.normal(subject, 'EnsuringLoadBalancer', 'Ensuring load balancer');
    try {
      await addFinalizer(this.#options.transport, service);
      this.#sayMembers(service);
      const address = await this.#serve(service);
      this.#events.normal(subject, 'EnsuredLoadBalancer', 'Ensured load balancer');
      await writeAddress(this.#options.transport, service, address);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return;
      const words = `Error syncing load balancer: failed to ensure load balancer: ${messageOf(error)}`;
      this.#events.warning(subject, 'SyncLoadBalancerFailed', words);
      // Only an address that becomes free, or another specification, changes it.
      if (error instanceof LoadBalancerRefusal) this.#waiting.add(keyOf(service));
      else throw error;
    }
  }

  /** Gives the Service its address and has it served there. */
  async #serve(service: Service): Promise<string> {
    const key = keyOf(service);
    const held = this.#served.get(key)?.address ?? addressOf(service);
    const address = this.#addresses.choose(key, service.spec?.loadBalancerIP, held);
    const balanced = balancedService(service, address, this.#members);
    this.#addresses.take(key, address);
    this.#served.set(key, balanced);
    this.#waiting.delete(key);
    await this.#rebalance();
    this.#release(key, address);
    return address;
  }

  async #remove(key: string, service: Service | undefined): Promise<void> {
    const subject = service === undefined ? undefined : { type: SERVICES, object: service };
    const served = this.#served.get(key);
    if (served !== undefined) {
      if (subject !== undefined) this.#events.normal(subject, 'DeletingLoadBalancer', 'Deleting load balancer');
      this.#served.delete(key);
      try {
        await this.#rebalance();
      } catch (error) {
        // Perhaps it is still served: neither it nor its address goes before that is over.
        this.#served.set(key, served);
        const words = `Error syncing load balancer: failed to delete load balancer: ${messageOf(error)}`;
        if (subject !== undefined) this.#events.warning(subject, 'SyncLoadBalancerFailed', words);
        throw error;
      }
    }
    this.#release(key);
    if (service === undefined) return;
    await removeFinalizer(this.#options.transport, service);
    this.#events.normal({ type: SERVICES, object: service }, 'DeletedLoadBalancer', 'Deleted load balancer');
  }

  /** Gives back the addresses of a Service but this one. */
  #release(key: string, kept?: string): void {
    if (this.#addresses.release(key, kept)) for (const waiting of this.#waiting) this.#queue.add(waiting);
  }

  /** Hands over what is served now; calls made while one is at it become one. */
  #rebalance(): Promise<void> {
    this.#next ??= this.#balancing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#balancing = this.#options.balance([...this.#served.values()]);
        return this.#balancing;
      });
    return this.#next;
  }

  #sayMembers(object: Service, reason?: string, message?: string): void {
    const subject = { type: SERVICES, object };
    if (this.#members.length === 0)
      this.#events.warning(subject, 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
    else if (reason !== undefined && message !== undefined) this.#events.normal(subject, reason, message);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A pod's place on its node: network, files, volumes. Made before its first container, kept over restarts, removed after its last. */
import { join } from 'node:path';
import type { Container, Pod } from '../objects/wire.ts';
import type { NodeContext } from './node-context.ts';
import { containerMounts } from './pod/container-mounts.ts';
import { runOf } from './pod/container-plan.ts';
import { hostsFile, podNames } from './pod/hosts-file.ts';
import { planRefresh, refreshedVolumes } from './pod/refresh-volumes.ts';
import { resolverConfig } from './pod/resolver-config.ts';
import { renewAfterMs } from './pod/token-source.ts';
import {
  fillVolumes,
  type PodVolumes,
  planVolumes,
  setUpVolumes,
  tearDownVolumes,
  type Volume,
  volumesWithTokens,
} from './pod/volumes.ts';
import type { PodSandbox as Network, PodIdentity } from './pod-network-seam.ts';
import type { Mount, PodPlace } from './runtime/container-runtime.ts';
import { makeDirectory, makeFile } from './runtime/make-files.ts';
import { FILE_READERS } from './standins/images.ts';

/** How long what changes in a ConfigMap may take to its files: Kubernetes' own sync period. */
const SYNC_MS = 60_000;

export class PodSandbox {
  readonly #context: NodeContext;
  readonly #identity: PodIdentity;
  #network: Network | undefined;
  #volumes: PodVolumes | undefined;
  #filled: Promise<void> | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #refresh: NodeJS.Timeout | undefined;
  /** As it was last seen. */
  #pod: Pod = {};

  constructor(context: NodeContext, identity: PodIdentity) {
    this.#context = context;
    this.#identity = identity;
  }

  /** The pod's addresses, the primary first; undefined before it has any. */
  get ips(): readonly string[] | undefined {
    return this.#network?.ips;
  }

  /** Where the pod stands; undefined before it has an address. */
  get network(): Network | undefined {
    return this.#network;
  }

  /** False when the network had to be made: containers of a former daemon are not in it. */
  get stood(): boolean {
    return this.#network?.stood === true;
  }

  /** Gives the pod its network; one that stands already (of a former daemon) is taken over. Idempotent. */
  async connect(pod: Pod): Promise<Network> {
    const { netns, nodeIps, node, clusterDomain } = this.#context.options;
    // A pod that can have no host name is not begun.
    podNames(pod, node, clusterDomain);
    this.#network ??=
      pod.spec?.hostNetwork === true
        ? { netns, ips: nodeIps, stood: true }
        : await this.#context.sandboxes.attach(this.#identity);
    return this.#network;
  }

  /** Sets up the pod's volumes; throws MountError. Idempotent. */
  async mount(pod: Pod): Promise<void> {
    this.#pod = pod;
    if (this.#volumes !== undefined) return;
    this.#volumes = await setUpVolumes(this.#directory(), this.#projection(pod), !mayReadTokens(pod));
    this.#renewBefore(pod, this.#volumes.expires);
    if (refreshedVolumes(pod).length > 0) this.#refreshLater();
  }

  /** Fills the volumes that waited for a reader: before the first program of a pod whose containers are stand-ins. */
  fill(pod: Pod): Promise<void> {
    this.#filled ??= this.#fillLater(pod).catch((error: unknown) => {
      this.#filled = undefined;
      throw error;
    });
    return this.#filled;
  }

  async #fillLater(pod: Pod): Promise<void> {
    const later = this.#volumes?.later ?? [];
    if (later.length === 0) return;
    this.#renewBefore(pod, await fillVolumes(this.#directory(), this.#projection(pod), later));
  }

  /** Renews no token and no file any more. */
  stop(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#refresh);
    this.#renewal = undefined;
    this.#refresh = undefined;
  }

  /** The mounts of one container. */
  mountsOf(container: Container, environment: Readonly<Record<string, string>>): Mount[] {
    return containerMounts(container, this.#volumes?.places ?? new Map(), environment);
  }

  /** Makes the file that a container leaves its last words in; absolute. */
  terminationFile(containerId: string): string {
    const directory = join(this.#context.options.directory, 'pods', this.#identity.uid, 'termination');
    makeDirectory(directory);
    const file = join(directory, containerId);
    makeFile(file, '', 0o666);
    return file;
  }

  /** What containers of the pod find about it. */
  placement() {
    const { options, allocatable } = this.#context;
    return { podIps: this.ips ?? [], hostIps: options.nodeIps, allocatable };
  }

  /** What the runtime needs to know of the pod. */
  place(pod: Pod): PodPlace {
    const { options } = this.#context;
    const { netns, ips } = this.#network!;
    const { namespace, name, uid } = this.#identity;
    const { hostname, known } = podNames(pod, options.node, options.clusterDomain);
    const dns = { address: options.clusterDns, domain: options.clusterDomain, nodeConfig: options.resolverConfig };
    return {
      namespace,
      name,
      uid,
      node: options.node,
      netns,
      ips,
      hostname,
      files: {
        '/etc/hostname': `${hostname}\n`,
        '/etc/hosts': hostsFile(pod, ips, known),
        '/etc/resolv.conf': resolverConfig(pod.spec!, namespace, dns),
      },
    };
  }

  /** Removes network and volumes; the address stays in the pod's status. */
  async remove(pod: Pod): Promise<void> {
    if (pod.spec?.shareProcessNamespace === true) await this.#context.options.runtime.endPod(this.#identity.uid);
    if (pod.spec?.hostNetwork !== true) await this.#context.sandboxes.detach(this.#identity);
    this.stop();
    tearDownVolumes(join(this.#context.options.directory, 'pods', this.#identity.uid));
    this.#volumes = undefined;
    this.#filled = undefined;
  }

  #projection(pod: Pod) {
    const { source, tokens, options } = this.#context;
    const nodeFiles = join(options.directory, 'nodes', options.node);
    return { pod, source, tokens, nodeFiles, placement: this.placement() };
  }

  #renewBefore(pod: Pod, expires: number | undefined): void {
    if (expires === undefined) return;
    this.#renewal = setTimeout(() => void this.#renew(pod, expires), renewAfterMs(expires, Date.now()));
    this.#renewal.unref();
  }

  async #renew(pod: Pod, expires: number): Promise<void> {
    let next: number | undefined = expires;
    try {
      const renew = await planVolumes(this.#directory(), this.#projection(pod), volumesWithTokens(pod));
      if (this.#renewal !== undefined) next = renew();
    } catch (error) {
      const { name, namespace } = this.#identity;
      const message = (error as Error).message;
      this.#context.options.log.warn(`pod ${namespace}/${name}: token not renewed, will be tried again`, { message });
    }
    if (this.#renewal !== undefined) this.#renewBefore(pod, next);
  }

  #refreshLater(): void {
    this.#refresh = setTimeout(() => void this.#refreshVolumes(), this.#context.options.volumeSyncMs ?? SYNC_MS);
    this.#refresh.unref();
  }

  async #refreshVolumes(): Promise<void> {
    const unfilled = new Set(this.#filled === undefined ? this.#volumes?.later.map(({ name }) => name) : []);
    const volumes = refreshedVolumes(this.#pod).filter(({ name }) => !unfilled.has(name));
    await Promise.all(volumes.map((volume) => this.#refreshVolume(volume)));
    if (this.#refresh !== undefined) this.#refreshLater();
  }

  async #refreshVolume(volume: Volume): Promise<void> {
    try {
      const refresh = await planRefresh(this.#directory(), this.#projection(this.#pod), volume);
      if (this.#refresh !== undefined) refresh();
    } catch (error) {
      const { name, namespace } = this.#identity;
      const message = (error as Error).message;
      const what = `pod ${namespace}/${name}: volume ${volume.name} not refreshed, will be tried again`;
      this.#context.options.log.warn(what, { message });
    }
  }

  #directory(): string {
    return join(this.#context.options.directory, 'pods', this.#identity.uid, 'volumes');
  }
}

/** True when somebody in the pod may look at its tokens, or a file of them must be there to be mounted by itself. */
function mayReadTokens({ spec }: Pod): boolean {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return containers.some((container) => {
    const run = runOf(container, {});
    const reads = 'argv' in run || FILE_READERS.has(run.standIn);
    return reads || container.volumeMounts?.some(({ subPath = '' }) => subPath !== '');
  });
}

/** Opens labs for scenarios, the TUI and the commands: builds one, or connects to one that is up. */
import { delimiter } from 'node:path';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { Transport } from '../objects/transport.ts';
import { DaemonClient } from './daemon-client.ts';
import type { BuiltPart } from './daemon-protocol.ts';
import { down } from './down.ts';
import { findLab } from './find-lab.ts';
import { kubectlEnvironment } from './kubectl-environment.ts';
import type { ExecOptions, ExecResult, LabHandle } from './lab-handle.ts';
import { DEFAULT_LAB_NAME } from './lab-name.ts';
import { kernelOf } from './lab-programs.ts';
import type { LinkChange, LinkState } from './link-state.ts';
import { launcherFolder } from './programs.ts';
import type { ProxySwitch, SwitchedNode } from './proxy-switch.ts';
import { runCaptured } from './run-captured.ts';
import type { StateDirectory } from './state-directory.ts';
import { type UpOptions, up } from './up.ts';

/** Builds a lab and connects to it. Throws `LabError`; then nothing is left of it. */
export async function upLab(
  options: UpOptions,
  onBuilt: (part: BuiltPart) => void = () => undefined,
): Promise<LabHandle> {
  const plan = await up(options, onBuilt);
  return await connectLab(plan.name);
}

/** Connects to a lab that is up. */
export async function connectLab(name: string = DEFAULT_LAB_NAME): Promise<LabHandle> {
  const directory = findLab(name);
  const daemon = new DaemonClient(name, directory.socket);
  const { kernel: standsIn } = await daemon.snapshot();
  const [transport, kernel] = await Promise.all([openTransport(directory.kubeconfig), kernelOf(directory)]);
  return new OpenLab(name, standsIn, directory, daemon, transport, kernel);
}

async function openTransport(kubeconfig: string): Promise<Transport> {
  const { loadKubeconfig } = await import('../client/kubeconfig.ts');
  const { RemoteTransport } = await import('../client/remote-transport.ts');
  return new RemoteTransport((await loadKubeconfig(kubeconfig)).connection);
}

class OpenLab implements LabHandle {
  readonly name: string;
  readonly standsIn: LabHandle['standsIn'];
  readonly kubeconfig: string;
  readonly transport: Transport;
  readonly kernel: LabHandle['kernel'];
  readonly #directory: StateDirectory;
  readonly #daemon: DaemonClient;
  readonly #subscriptions = new Set<() => void>();
  /** By id, why it is missing; a kernel stays as it is. */
  readonly #capabilities = new Map<string, string | undefined>();

  constructor(
    name: string,
    standsIn: LabHandle['standsIn'],
    directory: StateDirectory,
    daemon: DaemonClient,
    transport: Transport,
    kernel: LabHandle['kernel'],
  ) {
    this.kernel = kernel;
    this.name = name;
    this.standsIn = standsIn;
    this.kubeconfig = directory.kubeconfig;
    this.#directory = directory;
    this.transport = transport;
    this.#daemon = daemon;
  }

  snapshot() {
    return this.#daemon.snapshot();
  }

  subscribe(listener: Parameters<LabHandle['subscribe']>[0]): () => void {
    const stop = this.#daemon.subscribe(listener);
    this.#subscriptions.add(stop);
    return () => {
      this.#subscriptions.delete(stop);
      stop();
    };
  }

  async exec(target: string, argv: readonly [string, ...string[]], options: ExecOptions = {}): Promise<ExecResult> {
    const { argv: command, env } = await this.#daemon.exec(target, argv, options.container);
    return await runCaptured(this.kernel, command, { ...options, ...(env === undefined ? {} : { env }) });
  }

  netnsOf(target: string): Promise<string> {
    return this.#daemon.netnsOf(target);
  }

  kubectl(argv: readonly string[], stdin?: string): Promise<ExecResult> {
    // On this host in any case: it speaks to the API alone.
    return runCaptured(new LinuxKernel(), ['kubectl', ...argv], {
      env: kubectlEnvironment(this.#directory),
      ...(stdin === undefined ? {} : { stdin }),
    });
  }

  runHere(
    argv: readonly [string, ...string[]],
    options: Parameters<LabHandle['runHere']>[1] = {},
  ): Promise<ExecResult> {
    return runCaptured(new LinuxKernel(), argv, {
      ...options,
      killsDescendants: true,
      env: {
        ...kubectlEnvironment(this.#directory),
        PATH: `${launcherFolder()}${delimiter}${process.env.PATH ?? ''}`,
        PODWIRE_NAME: this.name,
        ...options.env,
      },
    });
  }

  switchProxyMode(mode: string, options: Omit<ProxySwitch, 'mode'> = {}): Promise<SwitchedNode[]> {
    return this.#daemon.switchProxyMode({ strict: true, ...options, mode });
  }

  runKubeProxy(is: 'running' | 'stopped', node?: string): Promise<string[]> {
    return this.#daemon.runKubeProxy({ is, node });
  }

  async missing(ids: readonly string[]): Promise<Record<string, string>> {
    const unknown = ids.filter((id) => !this.#capabilities.has(id));
    if (unknown.length > 0) {
      const missing = await this.#daemon.missing(unknown);
      for (const id of unknown) this.#capabilities.set(id, missing[id]);
    }
    const lacking = ids.flatMap((id): [string, string][] => {
      const why = this.#capabilities.get(id);
      return why === undefined ? [] : [[id, why]];
    });
    return Object.fromEntries(lacking);
  }

  links(): Promise<LinkState[]> {
    return this.#daemon.links();
  }

  changeLink(target: string, change: LinkChange): Promise<LinkState> {
    return this.#daemon.changeLink(target, change);
  }

  programmed(timeoutMs = 10_000): Promise<void> {
    return this.#daemon.programmed(timeoutMs);
  }

  async down(): Promise<void> {
    this.close();
    await down(this.name);
  }

  close(): void {
    for (const stop of this.#subscriptions) stop();
    this.#subscriptions.clear();
  }
}

/**
 * One instance of a container that a stand-in serves. It has no process of its own; the first exec makes a confined one
 * that only sleeps, and programs run beside it.
 */
import type { ExecSession } from '../../api/kubelet-connector.ts';
import { FILE_READERS } from '../standins/images.ts';
import type { StandInSpec } from '../standins/protocol.ts';
import type { StandInClient, StandInListener } from '../standins/stand-in-client.ts';
import { collectExec } from './collect-exec.ts';
import type { ContainerExit, ContainerSpec, PodPlace, RunningContainer } from './container-runtime.ts';
import { followSession } from './follow-session.ts';
import { adoptProgram, ProgramContainer, type ProgramHost } from './program-container.ts';

/** The PID 1 of a stand-in's container. */
const IDLE = ['sleep', 'infinity'] as const;
/** What its id ends with; the rest is the stand-in's. */
export const ENVIRONMENT_SUFFIX = '-exec';

export class StandInContainer implements RunningContainer {
  readonly id: string;
  readonly exited: Promise<ContainerExit>;
  /** Resolves when it serves, or has ended instead. */
  readonly started: Promise<void>;
  readonly #client: StandInClient;
  readonly #host: ProgramHost;
  readonly #pod: PodPlace;
  readonly #spec: ContainerSpec;
  #environment: ProgramContainer | undefined;
  #ended = false;

  /** Starts it, or takes over the one that runs, and its environment if it had one (`adopted`). */
  constructor(
    client: StandInClient,
    host: ProgramHost,
    pod: PodPlace,
    spec: ContainerSpec,
    run: { readonly standIn: string; readonly args: readonly string[] },
    adopted?: { readonly environment: ProgramContainer | undefined },
  ) {
    this.id = spec.id;
    this.#client = client;
    this.#host = host;
    this.#pod = pod;
    this.#spec = spec;
    const started = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<ContainerExit>();
    const listener: StandInListener = {
      started: started.resolve,
      exited: (code) => {
        this.#ended = true;
        started.resolve();
        void this.#leave().then(() => exited.resolve({ code }));
      },
      exec: async (command) => collectExec(await this.exec(command, { stdin: false, tty: false })),
    };
    this.started = started.promise;
    this.exited = exited.promise;
    this.#environment = adopted?.environment;
    if (adopted !== undefined) client.adopt(spec.id, listener);
    else client.start(standInSpec(pod, spec, run), listener);
  }

  async stop(graceMs: number): Promise<void> {
    if (!this.#ended) this.#client.stop(this.id, graceMs);
    await this.exited;
  }

  async exec(command: readonly [string, ...string[]], options: { stdin: boolean; tty: boolean }): Promise<ExecSession> {
    return (await this.#enter()).exec(command, options);
  }

  async execArgv(command: readonly [string, ...string[]]): ReturnType<RunningContainer['execArgv']> {
    return (await this.#enter()).execArgv(command);
  }

  async attach(): Promise<ExecSession> {
    return followSession(this, this.exited);
  }

  logs(options: { follow: boolean; signal: AbortSignal }): ReturnType<RunningContainer['logs']> {
    return this.#client.logs(this.id, options);
  }

  async #enter(): Promise<ProgramContainer> {
    await this.#spec.fillMounts?.();
    if (this.#ended) throw new Error('cannot exec in a stopped container');
    if (this.#environment === undefined) {
      this.#environment = new ProgramContainer(this.#host, this.#pod, environmentOf(this.#spec), IDLE);
    }
    return this.#environment;
  }

  async #leave(): Promise<void> {
    await this.#environment?.stop(0);
  }
}

/** Takes over a stand-in that is known. */
export async function adoptStandIn(
  client: StandInClient,
  host: ProgramHost,
  pod: PodPlace,
  spec: ContainerSpec,
  run: { readonly standIn: string; readonly args: readonly string[] },
): Promise<StandInContainer> {
  const environment = await adoptProgram(host, pod, environmentOf(spec), IDLE);
  return new StandInContainer(client, host, pod, spec, run, { environment });
}

/** The container of the programs that are run beside a stand-in, with processes of its own. */
function environmentOf({ processes: _shared, ...spec }: ContainerSpec): ContainerSpec {
  return { ...spec, id: `${spec.id}${ENVIRONMENT_SUFFIX}`, stdin: false, tty: false };
}

function standInSpec(
  pod: PodPlace,
  spec: ContainerSpec,
  { standIn, args }: { readonly standIn: string; readonly args: readonly string[] },
): StandInSpec {
  const { namespace, name, uid, node, ips, hostname, netns, files } = pod;
  const reads = FILE_READERS.has(standIn);
  return {
    containerId: spec.id,
    kind: standIn,
    netns,
    pod: { namespace, name, uid, node, ips, hostname },
    container: spec.name,
    image: spec.image,
    args,
    env: spec.env,
    ports: spec.ports,
    files: reads ? files : {},
    mounts: reads ? spec.mounts.map(({ source, target }) => ({ source, target })) : [],
  };
}

/** One running instance of a container with its probes and hooks. Tells its pod's worker what happens; decides nothing. */

import { randomBytes } from 'node:crypto';
import { normalize } from 'node:path';
import { timerMs } from '../objects/timer.ts';
import type { Container, Pod } from '../objects/wire.ts';
import type { NodeContext } from './node-context.ts';
import { containerEnvironment } from './pod/container-environment.ts';
import { APPLET_DIRECTORY, confinementOf, portsOf, runOf } from './pod/container-plan.ts';
import { MountError } from './pod/mount-error.ts';
import type { PodSandbox } from './pod-sandbox.ts';
import type { ProbeListener } from './probes/prober.ts';
import { Prober } from './probes/prober.ts';
import { type ProbeTarget, probeHttp } from './probes/run-probe.ts';
import { collectExec } from './runtime/collect-exec.ts';
import type { ContainerSpec, RunningContainer } from './runtime/container-runtime.ts';
import { isFresh } from './runtime/mount-table.ts';
import { appletsOf } from './standins/images.ts';

type Handler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

export interface InstancePlace {
  readonly podIp: string;
  readonly terminationFile: string | undefined;
}

export class ContainerInstance {
  readonly container: Container;
  readonly running: RunningContainer;
  readonly startedAt = Date.now();
  /** Where the container's last words lie on the host. */
  readonly terminationFile: string | undefined;
  readonly #target: ProbeTarget;
  #prober: Prober | undefined;

  constructor(context: NodeContext, container: Container, running: RunningContainer, place: InstancePlace) {
    this.container = container;
    this.running = running;
    const { podIp, terminationFile } = place;
    this.terminationFile = terminationFile;
    const { kernel, netns } = context.options;
    this.#target = { sockets: kernel.sockets, netns, podIp, container, instance: running };
  }

  /** Begins to probe; `hasStarted` when its startup probe has passed already. */
  probe(listener: ProbeListener, hasStarted: boolean): void {
    this.#prober = new Prober(this.#target, listener, hasStarted);
  }

  stopProbing(): void {
    this.#prober?.stop();
  }

  /** Runs a lifecycle hook; undefined when it succeeds, else why it failed. At the latest after `withinMs` it is over. */
  async runHook({ exec, httpGet, sleep }: Handler, withinMs: number): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('the hook did not end within the grace period'), timerMs(withinMs));
    });
    const work = async (): Promise<string | undefined> => {
      if (sleep !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, timerMs(Math.min(sleep.seconds * 1000, withinMs))));
        return undefined;
      }
      if (httpGet !== undefined) return probeHttp(this.#target, httpGet, withinMs);
      const [program, ...args] = exec?.command ?? [];
      if (program === undefined) return undefined;
      const session = await this.running.exec([program, ...args], { stdin: false, tty: false });
      const { exitCode, output } = await collectExec(session);
      return exitCode === 0
        ? undefined
        : `command '${[program, ...args].join(' ')}' exited with ${exitCode}: ${output}`;
    };
    const outcome = await Promise.race([work().catch((error: Error) => error.message), deadline]);
    clearTimeout(timer);
    return outcome;
  }
}

/** Everything the runtime needs to start `container`; throws ContainerConfigError and MountError. */
export async function containerSpec(
  context: NodeContext,
  pod: Pod,
  container: Container,
  sandbox: PodSandbox,
  { id = randomBytes(32).toString('hex'), processes }: Partial<Pick<ContainerSpec, 'id' | 'processes'>> = {},
): Promise<ContainerSpec> {
  const applets = appletsOf(container.image ?? '');
  const env = await containerEnvironment({
    pod,
    container,
    hostname: sandbox.place(pod).hostname,
    placement: sandbox.placement(),
    services: context.services(),
    source: context.source,
    ...(applets === undefined ? {} : { firstInPath: APPLET_DIRECTORY }),
  });
  const run = runOf(container, env);
  // Stand-ins have nothing to say; a place that is empty in every container holds no file of ours.
  const messagePath = normalize(`/${container.terminationMessagePath ?? '/dev/termination-log'}`);
  if (/^\/(proc|sys)(\/|$)/.test(messagePath))
    throw new MountError(`terminationMessagePath "${messagePath}" is the runtime's own`);
  const leavesMessage = 'argv' in run && !isFresh(messagePath);
  const terminationFile = leavesMessage ? sandbox.terminationFile(id) : undefined;
  const volumes = sandbox.mountsOf(container, env);
  const messageMount = (source: string) => ({ source, target: messagePath, readOnly: false });
  return {
    name: container.name,
    image: container.image ?? '',
    id,
    run,
    env,
    ...(container.workingDir === undefined ? {} : { workingDir: container.workingDir }),
    ports: portsOf(container),
    mounts: terminationFile === undefined ? volumes : [...volumes, messageMount(terminationFile)],
    fillMounts: () => sandbox.fill(pod),
    ...(terminationFile === undefined ? {} : { terminationFile }),
    ...confinementOf(pod, container),
    ...(applets === undefined ? {} : { applets }),
    ...(processes === undefined ? {} : { processes }),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
  };
}

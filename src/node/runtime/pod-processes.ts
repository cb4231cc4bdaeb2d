/**
 * Whose processes a program shares. A pod's shared PID namespace has a first process of its own, as the pause container is there:
 * it outlives the containers and buries what they leave.
 */
import type { ContainerSpec, PodPlace } from './container-runtime.ts';
import { adoptProgram, ProgramContainer, type ProgramHost } from './program-container.ts';

/** Its ignored SIGCHLD has the kernel bury the orphans it inherits, and lasts through exec. */
const PAUSE = ['env', '--ignore-signal=CHLD', 'sleep', 'infinity'] as const;
const SUFFIX = '-pause';

/** True of what a former daemon has left that is no container. */
export function isPause(id: string): boolean {
  return id.endsWith(SUFFIX);
}

export class PodProcesses {
  readonly #host: ProgramHost;
  /** By the pod's uid. */
  readonly #pauses = new Map<string, Promise<ProgramContainer>>();

  constructor(host: ProgramHost) {
    this.#host = host;
  }

  /** PID (on the host) of a process in the pod's shared namespace, which is made when there is none. */
  async enter(pod: PodPlace): Promise<number> {
    const pause = this.#pauses.get(pod.uid) ?? this.#begin(pod);
    const pid = await (await pause).enterable();
    return pid;
  }

  /** Ends the first process of the pod, and with it what is left of the others. */
  async end(uid: string): Promise<void> {
    const pause = this.#pauses.get(uid);
    if (pause === undefined) await this.#host.left.end(uid + SUFFIX);
    else await (await pause).stop(0);
  }

  #begin(pod: PodPlace): Promise<ProgramContainer> {
    const spec = pauseSpec(pod);
    const begin = async () => {
      const adopted = await adoptProgram(this.#host, pod, spec, PAUSE);
      const pause = adopted ?? new ProgramContainer(this.#host, pod, spec, PAUSE);
      void pause.exited.then(() => this.#pauses.delete(pod.uid));
      await pause.runs();
      return pause;
    };
    const begun = begin();
    this.#pauses.set(pod.uid, begun);
    begun.catch(() => this.#pauses.delete(pod.uid));
    return begun;
  }
}

function pauseSpec({ uid }: PodPlace): ContainerSpec {
  return {
    ...{ name: 'pause', image: 'pause', id: uid + SUFFIX, run: { argv: PAUSE }, ports: [], mounts: [] },
    ...{ env: { PATH: '/usr/bin:/bin' }, capabilities: [], privileged: false, stdin: false, tty: false },
  };
}

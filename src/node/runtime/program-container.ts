/**
 * One instance of a container that runs a program of the host, confined. Starts it, collects its output, ends it, runs
 * further programs in it. What is mounted where says `mount-table.ts`, how it is started `scripts.ts`.
 */

import { closeSync, fstatSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { ExecSession } from '../../api/kubelet-connector.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { namespaceOf } from '../../kernel/processes.ts';
import { timerMs } from '../../objects/timer.ts';
import { appletDirectory } from './applets.ts';
import type { ContainerExit, ContainerSpec, Mount, PodPlace, RunningContainer } from './container-runtime.ts';
import type { ContainerTerminal } from './container-terminal.ts';
import { attachedInput, execSession } from './exec-session.ts';
import { awaitProgram, killMembers, killProgram, programBelow } from './host-process.ts';
import type { LeftProgram, LeftPrograms } from './left-programs.ts';
import { makeDirectory, makeFile } from './make-files.ts';
import { baseTable, containerTable, FRESH_DIRECTORIES, type HostTree, isFresh } from './mount-table.ts';
import { resolveTarget } from './mount-targets.ts';
import { OutputHub } from './output-hub.ts';
import { execLaunch, initLaunch, SESSION_VARIABLE, sessionOf } from './program-start.ts';
import { leftStreams, type ProgramStreams, type Shim, type StartedStreams, startStreams } from './program-streams.ts';
import { withholdComplaints } from './tool-complaints.ts';

export interface ProgramHost {
  readonly kernel: Kernel;
  readonly tree: HostTree;
  /** Where containers keep their layers while they run. */
  readonly directory: string;
  /** What former daemons have left there. */
  readonly left: LeftPrograms;
}

export class ProgramContainer implements RunningContainer {
  readonly id: string;
  readonly exited: Promise<ContainerExit>;
  readonly #kernel: Kernel;
  readonly #spec: ContainerSpec;
  readonly #hub: OutputHub;
  readonly #session: string;
  readonly #shim: Shim;
  /** False when it ended before it stood. */
  readonly #stands: Promise<boolean>;
  readonly #stdin: Writable | null;
  readonly #terminal: ContainerTerminal | undefined;
  #initPid: number | undefined;
  /** Inode of its mount namespace: what it has in common with all that it starts. */
  #mounts: number | undefined;
  #ended = false;

  /**
   * Starts it (`stands` tells when others may enter), among the processes of the one with the PID `joins`; or takes over the one
   * that a former daemon has left.
   */
  constructor(
    host: ProgramHost,
    pod: PodPlace,
    spec: ContainerSpec,
    argv: readonly [string, ...string[]],
    { left, joins }: { readonly left?: LeftProgram; readonly joins?: number } = {},
  ) {
    this.id = spec.id;
    this.#kernel = host.kernel;
    this.#spec = spec;
    this.#session = sessionOf(host.directory);
    this.#hub = new OutputHub({ forFirst: spec.stdin && left === undefined });
    const directory = join(host.directory, spec.id);
    let streams: ProgramStreams;
    if (left === undefined) {
      const opened: number[] = [];
      const release = () => opened.splice(0).forEach((fd) => void closeSync(fd));
      const fresh = Object.keys(FRESH_DIRECTORIES);
      const { root, skeleton, initScript, shimScript } = host.tree;
      const place = {
        shim: shimScript,
        script: initScript,
        root,
        tables: directory,
        skeleton,
        hostname: pod.hostname,
        fresh,
      };
      const launch = initLaunch(spec, argv, { ...place, ...(joins === undefined ? {} : { joins }) });
      let started: StartedStreams;
      try {
        writeTables(host, directory, pod, spec, opened);
        started = startStreams(host.kernel, pod.netns, launch, spec, directory);
      } catch (error) {
        release();
        throw error;
      }
      this.#stands = this.#awaitStanding(started).finally(release);
      streams = started;
    } else {
      this.#stands = Promise.resolve(true);
      this.#setInit(left.shim === 0 ? undefined : programBelow(left.shim));
      streams = leftStreams(left);
    }
    this.#shim = streams.shim;
    this.#stdin = streams.stdin;
    this.#terminal = streams.terminal;
    if (streams.stdout !== undefined) this.#hub.add('stdout', streams.stdout);
    this.exited = this.#follow(directory, streams.errors, argv[0]);
  }

  /** True when the container was made and others may enter; false when that failed. */
  get stands(): Promise<boolean> {
    return this.#stands;
  }

  async stop(graceMs: number): Promise<void> {
    if (this.#ended) return;
    await this.#stands;
    if (graceMs > 0 && this.#initPid !== undefined) this.#kernel.signal(this.#initPid, 'SIGTERM');
    const kill = () => {
      if (this.#shim.pid !== 0) killProgram(this.#kernel, this.#shim.pid);
    };
    if (graceMs <= 0) kill();
    const timer = setTimeout(kill, timerMs(graceMs));
    await this.exited;
    clearTimeout(timer);
  }

  async exec(command: readonly [string, ...string[]], options: { stdin: boolean; tty: boolean }): Promise<ExecSession> {
    const initPid = await this.enterable();
    // Its terminal is found below the program's root, which it has when it runs.
    if (options.tty) await awaitProgram(initPid);
    const launch = execLaunch(this.#spec, command, initPid, options.tty);
    const env = { ...launch.env, [SESSION_VARIABLE]: this.#session };
    return execSession(this.#kernel, { ...launch, env }, command[0], { ...options, initPid });
  }

  async execArgv(command: readonly [string, ...string[]]): ReturnType<RunningContainer['execArgv']> {
    return execLaunch(this.#spec, command, await this.enterable(), false);
  }

  async attach({ stdin }: { stdin: boolean; tty: boolean }): Promise<ExecSession> {
    const { stdout, stderr, detach } = this.#hub.attach();
    return {
      stdin: stdin && this.#stdin !== null ? attachedInput(this.#stdin, this.#spec.stdinOnce === true) : null,
      stdout,
      stderr: this.#spec.tty ? null : stderr,
      resize: (size) => this.#terminal?.resize(size),
      // Attaching is no running: its end is success, and the code is in the pod's status.
      exit: this.exited.then(() => ({ code: 0 })),
      kill: detach,
    };
  }

  logs(options: { follow: boolean; signal: AbortSignal }): ReturnType<RunningContainer['logs']> {
    return this.#hub.log.read(options);
  }

  /** PID, on the host, of the program; throws when nobody can enter it any more. */
  async enterable(): Promise<number> {
    if (!(await this.#stands) || this.#ended || this.#initPid === undefined) {
      throw new Error(`cannot exec in a stopped container`);
    }
    return this.#initPid;
  }

  #setInit(pid: number | undefined): void {
    this.#initPid = pid;
    this.#mounts = pid === undefined ? undefined : namespaceOf(`/proc/${pid}/ns/mnt`);
  }

  /** What the tools that make the container said, when they did not come to an end. */
  async #complaint(): Promise<string> {
    for await (const [line] of this.logs({ follow: false, signal: AbortSignal.abort() })) {
      if (line !== undefined) return `cannot make the container: ${line.text}`;
    }
    return 'cannot make the container: it was ended before it stood';
  }

  async #awaitStanding({ shim, signal, terminal, openTerminal }: StartedStreams): Promise<boolean> {
    signal.on('error', () => undefined);
    const lines = signal[Symbol.asyncIterator]();
    // Nobody closes it before the container ends: the tool that made its namespaces has it too.
    const toldAgain = async () => (await lines.next().catch(() => ({ done: true }))).done !== true;
    let stands = await toldAgain();
    // A program that is quick may have ended by now.
    if (stands) this.#setInit(programBelow(shim.pid));
    openTerminal(this.#initPid);
    if (terminal !== undefined) {
      stands = await toldAgain();
      terminal.handedOver();
    }
    signal.destroy();
    return stands;
  }

  /** Resolves when the program itself runs, or has ended. */
  async runs(): Promise<void> {
    await this.#stands;
    if (this.#initPid === undefined || !(await awaitProgram(this.#initPid))) await this.exited;
  }

  async #follow(directory: string, errors: Readable, program: string): Promise<ContainerExit> {
    const output = withholdComplaints(errors, this.#shim.exited, program);
    this.#hub.add(this.#spec.tty ? 'stdout' : 'stderr', output.stream);
    await this.#shim.exited;
    this.#ended = true;
    this.#hub.release();
    // In a PID namespace of its own nothing outlives its first process.
    if (this.#spec.processes !== undefined && this.#mounts !== undefined) await killMembers(this.#kernel, this.#mounts);
    const { code, error } = await output.exit;
    await this.#hub.ended;
    const startError = error ?? ((await this.#stands) ? undefined : await this.#complaint());
    this.#stdin?.destroy();
    rmSync(directory, { recursive: true, force: true });
    return {
      code,
      ...(startError === undefined ? {} : { startError }),
    };
  }
}

/** Takes over what a former daemon has left of a container; undefined when that is nothing. */
export async function adoptProgram(
  host: ProgramHost,
  pod: PodPlace,
  spec: ContainerSpec,
  argv: readonly [string, ...string[]],
): Promise<ProgramContainer | undefined> {
  const left = await host.left.take(spec);
  return left === undefined ? undefined : new ProgramContainer(host, pod, spec, argv, { left });
}

function openWithin(kernel: Kernel, source: string, within: string): number {
  try {
    return kernel.openWithin(source, within);
  } catch (cause) {
    throw new Error(`failed to prepare subPath "${within}": ${(cause as Error).message}`, { cause });
  }
}

/**
 * The container's own files (its /etc, and a file to mount each file volume on) and its mount tables. Descriptors in `opened` must stay open
 * until the container stands: what they are of is known by its inode, which else could be another's by then.
 */
function writeTables(
  { tree, kernel }: ProgramHost,
  directory: string,
  pod: PodPlace,
  spec: ContainerSpec,
  opened: number[],
): void {
  const layer = join(directory, 'layer');
  makeDirectory(layer);
  const add = (path: string, text: string) => {
    makeDirectory(join(layer, dirname(path)));
    makeFile(join(layer, path), text);
  };
  for (const [path, text] of Object.entries(pod.files)) add(path, text);
  const identities: string[] = [];
  const placed = ({ source, within, ...mount }: Mount): Mount => {
    const target = resolveTarget(mount.target);
    if (within === undefined) return { ...mount, source, target };
    const fd = openWithin(kernel, source, within);
    opened.push(fd);
    const { dev, ino } = fstatSync(fd, { bigint: true });
    identities.push(`${dev}:${ino} ${target}\n`);
    return { ...mount, source: join(source, within), target };
  };
  const mounts = spec.mounts.map(placed);
  for (const { source, target } of mounts) {
    if (!statSync(source).isFile()) continue;
    if (isFresh(target)) throw new Error(`cannot mount a single file in ${dirname(target)}: mount the whole volume`);
    add(target, '');
  }
  makeFile(join(directory, 'identities'), identities.join(''));
  makeFile(join(directory, 'base'), baseTable(tree));
  makeFile(
    join(directory, 'container'),
    containerTable(tree, {
      mounts,
      privileged: spec.privileged,
      ...(spec.applets === undefined ? {} : { applets: appletDirectory(tree.applets, spec.applets) }),
    }),
  );
}

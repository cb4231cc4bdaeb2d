/** Programs outlive the daemon that started them; another takes them over, with their pipes, or learns how they ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { environmentOf, identifyProcess, listProcesses, namespaceOf } from '../../../src/kernel/processes.ts';
import type { ContainerSpec, PodPlace } from '../../../src/node/runtime/container-runtime.ts';
import { prepareHostTree } from '../../../src/node/runtime/host-tree.ts';
import { LeftPrograms } from '../../../src/node/runtime/left-programs.ts';
import { adoptProgram, type ProgramContainer, type ProgramHost } from '../../../src/node/runtime/program-container.ts';
import { eventually } from '../scratch.ts';
import { outputOf, textOf } from './read-output.ts';

const kernel = new LinuxKernel();
const netns = `t${process.pid}-left.default.web`;
const directory = mkdtempSync('/var/lib/podwire-left-');
const containers = join(directory, 'containers');
const pod: PodPlace = {
  namespace: 'default',
  name: 'web',
  uid: 'uid-1',
  node: 'node-1',
  netns,
  ips: ['10.244.1.2'],
  hostname: 'web',
  files: { '/etc/hosts': '10.244.1.2\tweb\n' },
};
let sequence = 0;

type ProgramSpec = ContainerSpec & { readonly run: { readonly argv: readonly [string, ...string[]] } };

function program(script: string, fields: Partial<ContainerSpec> = {}): ProgramSpec {
  sequence += 1;
  return {
    name: 'main',
    image: 'busybox',
    id: sequence.toString(16).padStart(64, '0'),
    env: { PATH: '/usr/bin:/bin' },
    ports: [],
    mounts: [],
    capabilities: ['NET_RAW', 'KILL'],
    privileged: false,
    stdin: false,
    tty: false,
    ...fields,
    run: { argv: ['sh', '-c', script] },
  };
}

/** Starts programs under a daemon of their own. */
async function daemon(...specs: ProgramSpec[]): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'program-daemon.ts');
  const argv = [script, directory, JSON.stringify(pod), ...specs.map((spec) => JSON.stringify(spec))];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** What a new daemon has to work with. */
function newHost(): ProgramHost {
  const tree = prepareHostTree(join(directory, 'runtime'), [directory]);
  return { kernel, tree, directory: containers, left: new LeftPrograms(kernel, containers) };
}

async function adopt(spec: ProgramSpec, host = newHost()): Promise<ProgramContainer> {
  const container = await adoptProgram(host, pod, spec, spec.run.argv);
  expect(container).toBeDefined();
  return container!;
}

const inPod = () => {
  const inode = kernel.namespaceInode(netns);
  return listProcesses().filter((candidate) => candidate.netns === inode);
};
const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

beforeAll(() => kernel.createNamespaces([netns]));

afterAll(async () => {
  for (const { pid } of inPod()) kernel.signal(pid, 'SIGKILL');
  await kernel.deleteNamespaces([netns]);
  rmSync(directory, { recursive: true, force: true });
});

describe('a program whose daemon was killed', { timeout: 30_000 }, () => {
  it('goes on: the same process, its output read on, entered, signalled, its end and code known', async () => {
    const spec = program('trap "exit 7" TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.02 & wait $!; done');
    const former = await daemon(spec);
    const before = inPod().map(({ pid }) => identifyProcess(pid));
    await kill(former);
    const container = await adopt(spec);
    expect(inPod().filter(({ pid }) => before.some((known) => known?.pid === pid)).length).toBeGreaterThanOrEqual(3);
    const numbers = async () => (await outputOf(container)).trim().split('\n').map(Number);
    await eventually(async () => (await numbers()).length > 20);
    const seen = await numbers();
    // None of those is missing that were said while nobody listened.
    expect(seen).toEqual(seen.map((_, index) => seen[0]! + index));
    const session = await container.exec(['cat', '/etc/hosts'], { stdin: false, tty: false });
    expect(await textOf(session.stdout!)).toBe('10.244.1.2\tweb\n');
    await container.stop(5_000);
    expect(await container.exited).toEqual({ code: 7 });
    expect(existsSync(join(containers, spec.id))).toBe(false);
    expect(inPod()).toEqual([]);
  });

  it('is killed when it is not to go on', async () => {
    const [stubborn, unwanted] = [program('trap "" TERM; sleep 100 & wait; sleep 100'), program('sleep 100')];
    await kill(await daemon(stubborn, unwanted));
    const host = newHost();
    expect(host.left.ids().sort()).toEqual([stubborn.id, unwanted.id].sort());
    await host.left.end(unwanted.id);
    const container = await adopt(stubborn, host);
    await container.stop(0);
    expect((await container.exited).code).toBe(137);
    expect(inPod()).toEqual([]);
    expect(readdirSync(containers)).toEqual([]);
  });

  it('gets its input from the next daemon, or none any more when that was for one session', async () => {
    const script = 'while read line; do echo "got $line"; done; echo end';
    const [open, once] = [program(script, { stdin: true }), program(script, { stdin: true, stdinOnce: true })];
    const former = await daemon(open, once);
    await kill(former);
    const ended = await adopt(once);
    expect(await ended.exited).toEqual({ code: 0 });
    const container = await adopt(open);
    const session = await container.attach({ stdin: true, tty: false });
    session.stdin!.write('a line\n');
    await eventually(async () => (await outputOf(container)) === 'got a line\n');
    await container.stop(0);
  });

  it('may end while nobody looks: its code is known, nothing of it is left', async () => {
    const spec = program('sleep 0.3; exit 9');
    const former = await daemon(spec);
    await kill(former);
    await eventually(() => inPod().length === 0);
    const container = await adopt(spec);
    expect(await container.exited).toEqual({ code: 9 });
    await container.stop(1_000);
    await expect(container.exec(['true'], { stdin: false, tty: false })).rejects.toThrow('stopped container');
    expect(existsSync(join(containers, spec.id))).toBe(false);
  });

  it('takes the programs with it that were run beside it for clients who are gone', async () => {
    const spec = program('sleep 100', { env: { PATH: '/usr/bin:/bin', SESSION: '54321' } });
    const former = await daemon(spec);
    await eventually(() => inPod().some(({ pid }) => commandOf(pid) === 'sleep 54321'));
    await kill(former);
    const host = newHost();
    host.left.endSessions();
    await eventually(() => !inPod().some(({ pid }) => commandOf(pid).includes('54321')));
    const container = await adopt(spec, host);
    const [shim] = inPod().filter(({ parent }) => !inPod().some(({ pid }) => pid === parent));
    expect(namespaceOf(`/proc/${shim!.pid}/ns/net`)).toBe(kernel.namespaceInode(netns));
    await container.stop(0);
  });

  it('keeps its terminal: what is typed, shown and sized goes on, its end is known, its keeper ends with it', async () => {
    const script = 'while read line; do echo "got $line"; stty size; done; exit 5';
    const [spec, spoofed] = [program(script, { tty: true, stdin: true, stdinOnce: true }), program('sleep 100')];
    // A container's program cannot pass for another's shim or keeper: its user chooses its environment.
    const claims = { PODWIRE_TABLES: join(containers, spec.id), PODWIRE_TERMINAL: join(containers, spec.id) };
    const spoofer = program('sleep 100 & wait', { env: { PATH: '/usr/bin:/bin', ...claims } });
    await kill(await daemon(spec, spoofed, spoofer));
    const container = await adopt(spec);
    const session = await container.attach({ stdin: true, tty: true });
    session.resize({ columns: 101, rows: 33 });
    session.stdin!.write('a line\n');
    await eventually(async () => /got a line\s+33 101/.test(await outputOf(container)));
    const inner = await container.exec(['sh', '-c', 'tty; ls -l /proc/1/fd'], { stdin: false, tty: true });
    const shown = await textOf(inner.stdout!);
    // The program itself holds its own side of the terminal and nothing else.
    expect(shown).toMatch(/\/dev\/pts\/1/);
    expect(shown).not.toContain('ptmx');
    session.stdin!.end();
    expect(await container.exited).toEqual({ code: 5 });
    for (const other of [spoofed, spoofer]) await (await adopt(other)).stop(0);
    await eventually(() => inPod().length === 0);
    expect(readdirSync(containers)).toEqual([]);
  });

  it('cannot go on when its shim is gone, or the keeper of its terminal: nothing of it is left then', async () => {
    const [orphan, typist] = [program('sleep 100'), program('sleep 100', { tty: true, stdin: true })];
    await kill(await daemon(orphan, typist));
    const host = newHost();
    const shim = inPod().find(
      ({ pid }) =>
        commandOf(pid).includes('/shim ') && environmentOf(pid, 'PODWIRE_TABLES') === join(containers, orphan.id),
    );
    const keeper = inPod().find(({ pid }) => commandOf(pid) === 'sh -c read -r _');
    for (const { pid } of [shim!, keeper!]) kernel.signal(pid, 'SIGKILL');
    await eventually(() => !inPod().some(({ pid }) => pid === shim!.pid || pid === keeper!.pid));
    for (const spec of [orphan, typist]) expect(await adoptProgram(host, pod, spec, spec.run.argv)).toBeUndefined();
    await eventually(() => inPod().length === 0);
    expect(readdirSync(containers)).toEqual([]);
  });
});

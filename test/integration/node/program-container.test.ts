import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { capabilitiesOf } from '../../../src/node/runtime/capabilities.ts';
import type { ContainerSpec, PodPlace } from '../../../src/node/runtime/container-runtime.ts';
import { prepareHostTree } from '../../../src/node/runtime/host-tree.ts';
import { LeftPrograms } from '../../../src/node/runtime/left-programs.ts';
import { ProgramContainer, type ProgramHost } from '../../../src/node/runtime/program-container.ts';
import { outputOf, textOf } from './read-output.ts';

const kernel = new LinuxKernel();
const netns = `t${process.pid}-program.default.web`;
// Not in a directory that containers get fresh: the lab's own must be hidden wherever it lies.
const directory = mkdtempSync('/var/lib/podwire-program-');
let host: ProgramHost;
let sequence = 0;

const pod: PodPlace = {
  namespace: 'default',
  name: 'web',
  uid: 'uid-1',
  node: 'node-1',
  netns,
  ips: ['10.244.1.2'],
  hostname: 'web',
  files: { '/etc/resolv.conf': 'nameserver 10.96.0.10\n', '/etc/hosts': '10.244.1.2\tweb\n', '/etc/hostname': 'web\n' },
};

function specOf(fields: Partial<ContainerSpec> = {}): ContainerSpec {
  sequence += 1;
  return {
    name: 'main',
    image: 'busybox',
    id: sequence.toString(16).padStart(64, '0'),
    run: { argv: ['true'] },
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOSTNAME: 'web' },
    ports: [],
    mounts: [],
    capabilities: capabilitiesOf(),
    privileged: false,
    stdin: false,
    tty: false,
    ...fields,
  };
}

function start(argv: [string, ...string[]], fields: Partial<ContainerSpec> = {}): ProgramContainer {
  return new ProgramContainer(host, pod, specOf(fields), argv);
}

/** Runs a program to its end; what it wrote and how it ended. */
async function run(argv: [string, ...string[]], fields: Partial<ContainerSpec> = {}) {
  const container = start(argv, fields);
  const exit = await container.exited;
  return { ...exit, output: await outputOf(container) };
}

const sh = (script: string, fields: Partial<ContainerSpec> = {}) => run(['sh', '-c', script], fields);

beforeAll(async () => {
  await kernel.createNamespaces([netns]);
  host = {
    kernel,
    tree: prepareHostTree(join(directory, 'runtime'), [directory]),
    directory: join(directory, 'containers'),
    left: new LeftPrograms(kernel, join(directory, 'containers')),
  };
});

afterAll(async () => {
  await kernel.deleteNamespaces([netns]);
  rmSync(directory, { recursive: true, force: true });
});

describe('a program in a container', () => {
  it('finds its own name, files and environment, and only its own processes and network', async () => {
    const { output, code } = await sh(
      'hostname; cat /etc/resolv.conf; echo $$; ls /proc | grep -c "^[0-9]"; ls /sys/class/net; env | sort',
      { env: { PATH: '/usr/bin', A: 'one two', LD_PRELOAD: '', odd_name: '$(id) `id` "\'' } },
    );
    expect(code).toBe(0);
    expect(output.split('\n')).toEqual([
      'web',
      'nameserver 10.96.0.10',
      '1',
      expect.stringMatching(/^[234]$/),
      'lo',
      'A=one two',
      'LD_PRELOAD=',
      expect.stringMatching(/^PATH=/),
      'PWD=/',
      'odd_name=$(id) `id` "\'',
      '',
    ]);
  });

  it("sees nothing in the lab's own directory", async () => {
    expect(await sh(`ls -A ${directory}; echo x >${directory}/x`)).toMatchObject({
      code: 2,
      output: expect.stringContaining('Read-only file system'),
    });
  });

  it('writes to pipes that can be opened again, with and without a line end', async () => {
    const { output } = await sh('echo one >/dev/stdout; echo two >/proc/self/fd/1; printf three');
    expect(output).toBe('one\ntwo\nthree\n');
  });

  it('ends with the code of the program, or the signal', async () => {
    expect(await run(['sh', '-c', 'exit 3'])).toMatchObject({ code: 3 });
    const container = start(['sleep', '60']);
    expect(await container.stands).toBe(true);
    await container.stop(0);
    expect(await container.exited).toEqual({ code: 137 });
  });

  it('gives a program time to end itself, and none to one that will not', async () => {
    const willing = start(['sh', '-c', 'trap "echo bye; exit 4" TERM; echo up; while :; do sleep 0.05; done']);
    await logged(willing, 'up');
    await willing.stop(2 ** 32);
    expect(await willing.exited).toEqual({ code: 4 });
    expect(await outputOf(willing)).toBe('up\nbye\n');
    const deaf = start(['sleep', '60']);
    await deaf.stop(50);
    expect(await deaf.exited).toEqual({ code: 137 });
  });

  it('tells a program that cannot be started in the words of the runtime, and keeps them from the log', async () => {
    expect(await run(['no-such-program', 'x'])).toEqual({
      code: 127,
      startError: 'exec: "no-such-program": executable file not found in $PATH',
      output: '',
    });
    expect(await run(['/no/such'])).toMatchObject({
      startError: 'exec: "/no/such": stat /no/such: no such file or directory',
    });
    expect(await run(['/etc/passwd'])).toMatchObject({
      code: 126,
      startError: 'exec: "/etc/passwd": permission denied',
    });
    expect(await sh('echo "env: it is not so" >&2; exit 127')).toEqual({ code: 127, output: 'env: it is not so\n' });
  });

  it('runs as another user, in another directory', async () => {
    const { output } = await sh('id -u; id -g; pwd', { user: { uid: 1000, gid: 2000 }, workingDir: '/usr/share' });
    expect(output).toBe('1000\n2000\n/usr/share\n');
  });

  it('finds its volumes, also behind a link of the host, and as a single file', async () => {
    const volume = join(directory, 'a volume');
    mkdirSync(volume);
    writeFileSync(join(volume, 'file'), 'content\n');
    const mounts = [
      { source: volume, target: '/var/run/data/deep', readOnly: false },
      { source: join(volume, 'file'), target: '/etc/app.conf', readOnly: true },
    ];
    const { output } = await sh(
      'cat /run/data/deep/file /etc/app.conf; echo x >/run/data/deep/x; echo y >/etc/app.conf',
      { mounts },
    );
    expect(output).toBe('content\ncontent\nsh: 1: cannot create /etc/app.conf: Read-only file system\n');
    expect(readFileSync(join(volume, 'x'), 'utf8')).toBe('x\n');
    expect(existsSync('/run/data')).toBe(false);
  });

  it('answers on standard input when it was asked for', async () => {
    const container = start(['cat'], { stdin: true, stdinOnce: true });
    const session = await container.attach({ stdin: true, tty: false });
    session.stdin!.end('typed\n');
    expect(await textOf(session.stdout)).toBe('typed\n');
    expect((await session.exit).code).toBe(0);
  });

  it('owns a terminal when it was asked for', async () => {
    const container = start(['sh', '-c', 'tty; read x; echo "got $x" >/dev/tty; stty size; echo "$x" >"$(tty)"'], {
      tty: true,
      stdin: true,
    });
    const session = await container.attach({ stdin: true, tty: true });
    session.resize({ columns: 132, rows: 43 });
    session.stdin!.write('word\n');
    await container.exited;
    const output = await outputOf(container);
    expect(output).toContain('/dev/pts/0\r\n');
    expect(output).toContain('got word');
    expect(output).toContain('43 132');
  });
});

describe('exec', () => {
  it('runs beside the program, in all its namespaces', async () => {
    const container = start(['sleep', '60'], { env: { PATH: '/usr/bin:/bin', MINE: 'yes' } });
    const session = await container.exec(
      ['sh', '-c', 'hostname; echo $MINE; cat /proc/1/cmdline | tr "\\0" " "; ls /sys/class/net; cat; exit 5'],
      { stdin: true, tty: false },
    );
    session.stdin!.end('from outside\n');
    expect(await textOf(session.stdout)).toBe('web\nyes\nsleep 60 lo\nfrom outside\n');
    expect(await session.exit).toEqual({ code: 5 });
    const missing = await container.exec(['nothing'], { stdin: false, tty: false });
    expect(await missing.exit).toEqual({ code: 127, error: 'exec: "nothing": executable file not found in $PATH' });
    const { argv, env } = await container.execArgv(['hostname']);
    expect(
      (await kernel.read('', ['env', '-i', ...Object.entries(env).map(([k, v]) => `${k}=${v}`), ...argv])).stdout,
    ).toBe('web\n');
    await container.stop(0);
    await expect(container.exec(['true'], { stdin: false, tty: false })).rejects.toThrow('stopped container');
  });

  it('gives a terminal of its own', async () => {
    const container = start(['sleep', '60']);
    const session = await container.exec(['sh', '-c', 'tty; read x; echo "got $x" >"$(tty)"; stty size; exit 7'], {
      stdin: true,
      tty: true,
    });
    session.resize({ columns: 100, rows: 50 });
    session.stdin!.write('word\n');
    const said = await textOf(session.stdout);
    expect(said).toContain('/dev/pts/0\r\n');
    expect(said).toContain('got word\r\n50 100');
    expect(await session.exit).toEqual({ code: 7 });
    await container.stop(0);
  });

  it('never sees what a part of a volume was replaced by while it was made', async () => {
    const volume = join(directory, 'volume');
    const mount = { source: volume, within: 'part/deep', target: '/data', readOnly: false };
    mkdirSync(volume);
    const first = await sh('touch /data/mine; cat /proc/self/mountinfo | grep -c " /data "', { mounts: [mount] });
    expect(first).toMatchObject({ code: 0, output: '1\n' });
    // Replaced after it was looked at, and before the tools come to mount it.
    const replaced = start(['ls', '/data'], { mounts: [mount] });
    renameSync(join(volume, 'part'), join(volume, 'gone'));
    symlinkSync('/', join(volume, 'part'));
    mkdirSync(join(directory, 'deep'));
    expect(await replaced.exited).toMatchObject({ startError: expect.stringMatching(/replaced|mount/) });
    expect(() => start(['ls', '/data'], { mounts: [mount] })).toThrow('failed to prepare subPath "part/deep"');
    rmSync(join(volume, 'part'));
    symlinkSync(directory, join(volume, 'part'));
    const inside = { ...mount, within: 'gone/deep' };
    const other = start(['ls', '/data'], { mounts: [inside] });
    renameSync(join(volume, 'gone'), join(volume, 'kept'));
    renameSync(join(volume, 'part'), join(volume, 'gone'));
    expect(await other.exited).toMatchObject({ startError: expect.stringContaining('has been replaced') });
  });

  it('opens nothing of the host for a terminal, whatever stands at /dev/pts/ptmx', async () => {
    const script = 'umount /dev/pts && ln -s /proc/1/root/etc/passwd /dev/pts/ptmx && echo ready && exec sleep 60';
    const container = start(['sh', '-c', script], { capabilities: capabilitiesOf(['SYS_ADMIN']) });
    await logged(container, 'ready');
    await expect(container.exec(['true'], { stdin: true, tty: true })).rejects.toMatchObject({ code: 'ELOOP' });
    await container.stop(0);
  });
});

/** Waits until a line stands in the log. */
async function logged(container: ProgramContainer, text: string): Promise<void> {
  for await (const lines of container.logs({ follow: true, signal: AbortSignal.timeout(10_000) })) {
    if (lines.some((line) => line.text === text)) return;
  }
  throw new Error(`never logged: ${text}`);
}

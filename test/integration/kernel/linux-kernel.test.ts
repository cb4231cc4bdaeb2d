import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/kernel/kernel.ts';
import { KernelError } from '../../../src/kernel/kernel-error.ts';
import { eventually, scratch } from '../scratch.ts';

const { kernel, journal, create, lab } = scratch();
const inode = (path: string) => statSync(path).ino;
const home = inode('/proc/thread-self/ns/net');

/** What a failing run throws. */
async function failure(netns: string, batch: Batch): Promise<KernelError> {
  const error = await kernel.run(netns, [batch]).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KernelError);
  return error as KernelError;
}

describe('namespaces', () => {
  it('are made with lo up and IPv6 off, and removed; both can be asked for again', async () => {
    const [a, b] = (await create(['ns-a', 'ns-b'])) as [string, string];
    expect(kernel.namespaceInode(a)).not.toBe(kernel.namespaceInode(b));
    expect(kernel.within(a, () => readFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', 'utf8'))).toBe('1\n');
    const { stdout } = await kernel.read(a, ['ip', '-o', 'link', 'show', 'lo']);
    expect(stdout).toContain('LOOPBACK,UP');
    await expect(create(['ns-a'])).rejects.toThrow('exists already');
    await kernel.deleteNamespaces([a, b, `${lab}.never-made`]);
    await kernel.deleteNamespaces([a, b]);
    expect(() => kernel.namespaceInode(a)).toThrow('no network namespace of that name');
  });

  it('have IPv6 when it is asked for', async () => {
    const [a] = (await create(['ns-6'], { ipv6: true })) as [string];
    const { stdout } = await kernel.read(a, ['ip', '-6', '-o', 'address', 'show', 'dev', 'lo']);
    expect(stdout).toContain('::1/128');
  });

  it('refuse names that are paths', async () => {
    await expect(kernel.createNamespaces(['../evil'])).rejects.toThrow('not a namespace name');
    await expect(kernel.read('../../etc', ['true'])).rejects.toThrow('not a namespace name');
  });
});

describe('run', () => {
  it('names the line that failed, for every tool', async () => {
    const [a] = (await create(['errors'])) as [string];
    const cases: [Batch, tool: string, line: string, stderr: string][] = [
      [
        {
          tool: 'ip',
          ops: [
            { op: 'link-add', name: 'br0', link: { kind: 'bridge' } },
            { op: 'address-add', cidr: '10.0.0.1/24', device: 'nope' },
            { op: 'link-delete', name: 'br0' },
          ],
        },
        'ip',
        'address add 10.0.0.1/24 dev nope',
        'Cannot find device "nope"',
      ],
      [
        { tool: 'bridge', ops: [{ op: 'port-set', device: 'nope', hairpin: true }] },
        'bridge',
        'link set dev nope hairpin on',
        'Cannot find bridge device "nope"',
      ],
      [
        { tool: 'iptables-restore', family: 4, text: '*filter\n:A - [0:0]\n-A A -j NOPE\nCOMMIT\n' },
        'iptables-restore',
        '-A A -j NOPE',
        "Chain 'NOPE' does not exist",
      ],
      [
        { tool: 'iptables-restore', family: 6, text: '*filter\n:A - [0:0]\n-A B -j A\nCOMMIT\n' },
        'ip6tables-restore',
        '-A B -j A',
        'No chain/target/match by that name',
      ],
      [
        { tool: 'nft', text: 'add table ip x\nadd rule ip x nope accept\n' },
        'nft',
        'add rule ip x nope accept',
        'No such file or directory',
      ],
      [
        { tool: 'ipset', text: 'create a hash:ip\nadd nope 1.2.3.4\n' },
        'ipset',
        'add nope 1.2.3.4',
        'The set with the given name does not exist',
      ],
      [
        { tool: 'sysctl', values: { 'net.ipv4.ip_forward': 1, 'net.ipv4.nope': 1 } },
        'sysctl',
        'net.ipv4.nope=1',
        'ENOENT',
      ],
      [
        { tool: 'command', argv: ['ethtool', '-K', 'nope', 'tx', 'off'] },
        'ethtool',
        'ethtool -K nope tx off',
        'No such device',
      ],
      [{ tool: 'command', argv: ['no-such-tool'] }, 'no-such-tool', 'no-such-tool', 'no-such-tool is not installed'],
    ];
    for (const [batch, tool, line, stderr] of cases) {
      const error = await failure(a, batch);
      expect(error).toMatchObject({ netns: a, tool, line });
      expect(error.stderr).toContain(stderr);
      expect(error.message).toContain(line);
    }
    const { stdout } = await kernel.read(a, ['ip', '-o', 'link']);
    expect(stdout, 'a batch stops at its first failing line').toContain('br0');
  });

  it('passes over optional keys and allowed failures, and says when a namespace is missing', async () => {
    const [a] = (await create(['optional'])) as [string];
    await kernel.run(a, [
      { tool: 'sysctl', values: { 'net.ipv4.nope': 1, 'net.ipv4.ip_forward': 1 }, optional: true },
      { tool: 'command', argv: ['conntrack', '-D', '-s', '10.0.0.1'], allowFailure: true },
    ]);
    expect(kernel.within(a, () => readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'))).toBe('1\n');
    await expect(kernel.run(`${lab}.gone`, [{ tool: 'nft', text: 'flush ruleset\n' }])).rejects.toThrow(
      `setns in ${lab}.gone: no network namespace of that name`,
    );
  });

  it('writes the journal: every command in order, with its namespace and input', async () => {
    const start = journal.length;
    const [a] = (await create(['journal'])) as [string];
    await kernel.run(a, [{ tool: 'nft', text: 'add table ip x\n' }]);
    const entries = journal.slice(start).map(({ netns, argv, stdin }) => ({ netns, line: argv.join(' '), stdin }));
    expect(entries).toEqual([
      { netns: '', line: 'ip -batch -', stdin: `netns add ${a}\n` },
      { netns: a, line: expect.stringContaining('sysctl -w net.ipv6.conf.all.disable_ipv6=1'), stdin: undefined },
      { netns: a, line: 'ip link set dev lo up', stdin: undefined },
      { netns: a, line: 'nft -f -', stdin: 'add table ip x\n' },
    ]);
  });
});

describe('within', () => {
  it('returns to the own namespace, also when the action throws, also when nested', async () => {
    const [a, b] = (await create(['win-a', 'win-b'])) as [string, string];
    const seen = kernel.within(a, () => [
      inode('/proc/thread-self/ns/net'),
      kernel.within(b, () => inode('/proc/thread-self/ns/net')),
      inode('/proc/thread-self/ns/net'),
    ]);
    expect(seen).toEqual([kernel.namespaceInode(a), kernel.namespaceInode(b), kernel.namespaceInode(a)]);
    const ownAgain = kernel.within(a, () => kernel.within('', () => inode('/proc/thread-self/ns/net')));
    expect(ownAgain).toBe(home);
    expect(() =>
      kernel.within(a, () => {
        throw new Error('thrown inside');
      }),
    ).toThrow('thrown inside');
    expect(inode('/proc/thread-self/ns/net')).toBe(home);
    expect(() => kernel.within(a, () => Promise.resolve())).toThrow('must be synchronous');
    expect(inode('/proc/thread-self/ns/net')).toBe(home);
  });
});

describe('spawn', () => {
  it('starts programs in their namespaces while other work goes on', async () => {
    const names = await create(['sp-0', 'sp-1', 'sp-2', 'sp-3']);
    const results = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const name = names[index % names.length]!;
        const child = kernel.spawn(name, ['readlink', '/proc/self/ns/net']);
        let output = '';
        child.stdout!.on('data', (chunk) => (output += chunk));
        const read = await kernel.read(name, ['readlink', '/proc/self/ns/net']);
        await child.exited;
        expect(inode('/proc/thread-self/ns/net')).toBe(home);
        return [output, read.stdout, `net:[${kernel.namespaceInode(name)}]\n`];
      }),
    );
    for (const [spawned, read, expected] of results) {
      expect(spawned).toBe(expected);
      expect(read).toBe(expected);
    }
  });

  it('says how a process ended, passes environment and input, and refuses what cannot be started', async () => {
    const [a] = (await create(['ended'])) as [string];
    const child = kernel.spawn(a, ['sh', '-c', 'read line; echo "$GREETING $line"; exit 7'], {
      env: { GREETING: 'hello', PATH: process.env.PATH ?? '' },
    });
    let output = '';
    child.stdout!.on('data', (chunk) => (output += chunk));
    child.stdin!.end('world\n');
    expect(await child.exited).toEqual({ code: 7, signal: null });
    expect(output).toBe('hello world\n');

    const sleeper = kernel.spawn(a, ['sleep', '60']);
    sleeper.kill('SIGKILL');
    expect(await sleeper.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(() => kernel.spawn(a, ['no-such-program'])).toThrow('not found or not executable');
  });
});

describe('openPty', () => {
  it('gives a terminal that can be resized', async () => {
    const [a] = (await create(['pty'])) as [string];
    const { createReadStream, closeSync, writeSync } = await import('node:fs');
    const pty = kernel.openPty({ columns: 80, rows: 24 });
    const child = kernel.spawn(a, ['sh', '-c', 'tty; stty size; read x; stty size; echo "got $x"'], {
      stdio: [pty.slave, pty.slave, pty.slave],
      detached: true,
    });
    closeSync(pty.slave);
    let output = '';
    const reader = createReadStream('', { fd: pty.master, autoClose: true });
    reader.on('data', (chunk) => (output += chunk));
    // The master's end of file is EIO once the last slave is closed.
    reader.on('error', (error: NodeJS.ErrnoException) => expect(error.code).toBe('EIO'));
    await eventually(() => output.includes('24 80'));
    pty.resize({ columns: 132, rows: 43 });
    writeSync(pty.master, 'word\n');
    expect((await child.exited).code).toBe(0);
    await eventually(() => output.includes('got word'));
    expect(output).toMatch(/^\/dev\/pts\/\d+/);
    expect(output).toContain('43 132');
  });
});

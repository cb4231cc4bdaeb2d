import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { journalScript } from '../../../src/kernel/journal-script.ts';
import { namespaceExists } from '../../../src/kernel/namespace-window.ts';
import { scratch } from '../scratch.ts';

const { kernel, journal, create, lab } = scratch();

it('the journal as a script rebuilds the network, and takes it down again', async () => {
  const [a, b] = (await create(['one', 'two'])) as [string, string];
  await kernel.run(a, [
    {
      tool: 'ip',
      ops: [
        { op: 'link-add', name: 'eth0', up: true, link: { kind: 'veth', peer: { name: 'eth0', netns: b } } },
        { op: 'address-add', cidr: '10.9.9.1/24', device: 'eth0' },
      ],
    },
    { tool: 'sysctl', values: { 'net.ipv4.ip_forward': 1, 'net.ipv4.nope': 2 }, optional: true },
    {
      tool: 'iptables-restore',
      family: 4,
      text: '*filter\n:MINE - [0:0]\n-A MINE -m comment --comment "it\'s $HOME" -j ACCEPT\nCOMMIT\n',
    },
    { tool: 'nft', text: 'add table ip mine\n' },
    { tool: 'command', argv: ['conntrack', '-D', '-s', '10.9.9.9'], allowFailure: true },
  ]);
  await kernel.run(b, [
    {
      tool: 'ip',
      ops: [
        { op: 'address-add', cidr: '10.9.9.2/24', device: 'eth0' },
        { op: 'link-set', name: 'eth0', up: true },
      ],
    },
  ]);
  await expect(kernel.run(a, [{ tool: 'nft', text: 'add rule ip mine nope accept\n' }])).rejects.toThrow();
  const state = async () => {
    const rules = await kernel.read(a, ['iptables-save', '-t', 'filter']);
    const tables = await kernel.read(a, ['nft', 'list', 'table', 'ip', 'mine']);
    const forward = await kernel.read(a, ['cat', '/proc/sys/net/ipv4/ip_forward']);
    const { exitCode } = await kernel.read(a, ['ping', '-c', '1', '-W', '2', '10.9.9.2']);
    return { rules: rules.stdout.replace(/^#.*\n/gm, ''), tables: tables.stdout, forward: forward.stdout, exitCode };
  };
  const before = await state();
  expect(before).toMatchObject({ forward: '1\n', exitCode: 0, rules: expect.stringContaining('$HOME') });

  const script = journalScript(journal, lab);
  const sh = (...args: string[]) =>
    execFileSync('sh', ['-s', '--', ...args], { input: script, stdio: ['pipe', 'pipe', 'ignore'] });
  await kernel.deleteNamespaces([a, b]);
  sh();
  expect(await state()).toEqual(before);
  sh('down');
  expect([a, b].filter(namespaceExists)).toEqual([]);
  sh('down');
});

import { describe, expect, it } from 'vitest';
import type { ReadResult } from '../../src/kernel/kernel.ts';
import { KernelError } from '../../src/kernel/kernel-error.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { announceMode } from '../../src/proxy/announce-mode.ts';
import { chooseMode } from '../../src/proxy/choose-mode.ts';

const OK: ReadResult = { stdout: '', stderr: '', exitCode: 0 };
const failing = (exitCode: number, stderr: string): ReadResult => ({ stdout: '', stderr, exitCode });

/** A kernel that answers these commands so, all others with success; what was asked stands in `asked`. */
function kernelWith(answers: Readonly<Record<string, ReadResult | 'not installed'>>) {
  const asked: string[] = [];
  const kernel = new RecordingKernel((netns, argv) => {
    const line = argv.join(' ');
    asked.push(line);
    const answer = answers[line] ?? OK;
    if (answer !== 'not installed') return answer;
    throw new KernelError({ netns, tool: argv[0]!, line, stderr: `${argv[0]} is not installed` });
  });
  return { kernel, asked };
}

const wanted = (strict = false, scheduler = 'rr') => ({ mode: 'ipvs', strict, scheduler }) as const;
const TRIAL = 'ipvsadm -A -t 198.51.100.0:20000 -s rr';

describe('chooseMode', () => {
  it('tries IPVS with a virtual server that is gone again', async () => {
    const { kernel, asked } = kernelWith({});
    expect(await chooseMode(wanted(), kernel, 'n')).toEqual({ mode: 'ipvs' });
    expect(asked).toEqual(['ipvsadm -Sn', 'ipset save', TRIAL, 'ipvsadm -D -t 198.51.100.0:20000']);
  });

  it('tries nothing where a virtual server with the scheduler stands', async () => {
    const { kernel, asked } = kernelWith({ 'ipvsadm -Sn': { ...OK, stdout: '-A -t 10.96.0.1:443 -s rr\n' } });
    expect(await chooseMode(wanted(), kernel, 'n')).toEqual({ mode: 'ipvs' });
    expect(asked).not.toContain(TRIAL);
    expect(await chooseMode(wanted(false, 'r'), kernel, 'n')).toEqual({ mode: 'ipvs' });
    expect(asked).toContain('ipvsadm -A -t 198.51.100.0:20000 -s r');
  });

  it.each([
    [
      'a kernel without IPVS',
      { 'ipvsadm -Sn': failing(2, "Can't initialize ipvs: Protocol not available\nAre you sure …") },
      'ipvs not supported',
    ],
    ['no ipvsadm', { 'ipvsadm -Sn': 'not installed' as const }, 'ipvsadm is not installed'],
    [
      'a kernel without ipset',
      { 'ipset save': failing(1, 'ipset v7.17: Cannot open session to kernel.\n') },
      'error getting ipset version, error: ipset v7.17: Cannot open session to kernel.',
    ],
    [
      'no such scheduler',
      { [TRIAL]: failing(255, 'Scheduler or persistence engine not found\n') },
      'scheduler rr: Scheduler or persistence engine not found',
    ],
  ])('with %s falls back to iptables, or fails as kube-proxy does', async (_, answers, obstacle) => {
    const { kernel } = kernelWith(answers);
    expect(await chooseMode(wanted(), kernel, 'n')).toEqual({ mode: 'iptables', obstacle });
    await expect(chooseMode(wanted(true), kernel, 'n')).rejects.toThrow(`can't use the IPVS proxier: ${obstacle}`);
  });

  it('asks nothing for iptables and userspace', async () => {
    const { kernel, asked } = kernelWith({});
    for (const mode of ['iptables', 'userspace'] as const)
      expect(await chooseMode({ ...wanted(), mode }, kernel, 'n')).toEqual({ mode });
    expect(asked).toEqual([]);
  });

  it('has no other mode in the place of nftables, and says why there is none', async () => {
    const nftables = { ...wanted(), mode: 'nftables' } as const;
    const { kernel, asked } = kernelWith({});
    expect(await chooseMode(nftables, kernel, 'n')).toEqual({ mode: 'nftables' });
    expect(asked).toEqual(['nft --check --file -']);
    const without = kernelWith({
      'nft --check --file -': failing(1, 'Error: Could not process rule: Operation not supported\n'),
    });
    await expect(chooseMode(nftables, without.kernel, 'n')).rejects.toThrow(
      "can't use the nftables proxier: Error: Could not process rule: Operation not supported",
    );
  });
});

describe('announceMode', () => {
  function announced(choice: Parameters<typeof announceMode>[0]['choice'], mode: 'ipvs' | 'iptables' = 'ipvs') {
    const events: string[] = [];
    const logged: string[] = [];
    announceMode({
      node: { metadata: { name: 'node-1' } },
      wanted: mode,
      choice,
      recorder: {
        warning: ({ object }, reason, message) => events.push(`${object.metadata?.name} ${reason} ${message}`),
      },
      log: { info: () => undefined, warn: (message) => logged.push(message), error: () => undefined },
    });
    return { events, logged };
  }

  it('says that it fell back, and why', () => {
    const { events, logged } = announced({ mode: 'iptables', obstacle: 'ipvs not supported' });
    const message = "Can't use ipvs proxier, trying iptables proxier: ipvs not supported";
    expect(events).toEqual([`node-1 ProxyModeFallback ${message}`]);
    expect(logged).toEqual([message]);
  });

  it('says that ipvs is deprecated, as kube-proxy does, and nothing of other modes', () => {
    expect(announced({ mode: 'ipvs' }).events).toEqual([
      "node-1 IPVSDeprecation The ipvs proxier is now deprecated and may be removed in a future release. Please use 'nftables' instead.",
    ]);
    expect(announced({ mode: 'iptables' }, 'iptables')).toEqual({ events: [], logged: [] });
  });
});

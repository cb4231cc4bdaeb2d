import { describe, expect, it } from 'vitest';
import { failingLine, hasFailed, type Invocation, invocationOf } from '../../src/kernel/invocation.ts';
import { sysctlPath } from '../../src/kernel/sysctl.ts';

describe('invocationOf', () => {
  it.each<[Parameters<typeof invocationOf>[0], Invocation]>([
    [
      { tool: 'ip', ops: [{ op: 'link-delete', name: 'a' }] },
      { argv: ['ip', '-batch', '-'], stdin: 'link delete dev a\n' },
    ],
    [
      { tool: 'bridge', ops: [{ op: 'port-set', device: 'a', hairpin: true }] },
      { argv: ['bridge', '-batch', '-'], stdin: 'link set dev a hairpin on\n' },
    ],
    [
      { tool: 'iptables-restore', family: 4, text: '*nat\nCOMMIT\n' },
      { argv: ['iptables-restore', '--wait', '5', '--noflush'], stdin: '*nat\nCOMMIT\n' },
    ],
    [
      { tool: 'iptables-restore', family: 6, text: '*nat\nCOMMIT\n' },
      { argv: ['ip6tables-restore', '--wait', '5', '--noflush'], stdin: '*nat\nCOMMIT\n' },
    ],
    [
      { tool: 'nft', text: 'flush ruleset\n' },
      { argv: ['nft', '-f', '-'], stdin: 'flush ruleset\n' },
    ],
    [
      { tool: 'ipset', text: 'create a hash:ip\n' },
      { argv: ['ipset', 'restore'], stdin: 'create a hash:ip\n' },
    ],
    [
      { tool: 'ipvsadm', text: '-A -t 10.96.0.1:443\n' },
      { argv: ['ipvsadm', '-R'], stdin: '-A -t 10.96.0.1:443\n' },
    ],
    [{ tool: 'sysctl', values: { 'net.ipv4.ip_forward': 1 } }, { argv: ['sysctl', '-w', 'net.ipv4.ip_forward=1'] }],
    [{ tool: 'command', argv: ['conntrack', '-F'] }, { argv: ['conntrack', '-F'] }],
  ])('%j', (batch, invocation) => {
    expect(invocationOf(batch)).toEqual(invocation);
  });
});

describe('failingLine', () => {
  const stdin = 'one\n two\nthree\n';
  const from = (stderr: string) => failingLine({ argv: ['tool', '-x'], stdin }, stderr);

  it.each([
    ['Cannot find device "nope"\nCommand failed -:2\n', 'two'],
    ['/dev/stdin:3:6-6: Error: syntax error, unexpected newline', 'three'],
    ["iptables-restore v1.8.9 (nf_tables): Chain 'NOPE' does not exist\nError occurred at line: 1\n", 'one'],
    ['iptables-restore: line 3 failed: No chain/target/match by that name.', 'three'],
    ['ipset v7.17: Error in line 1: The set with the given name does not exist', 'one'],
    ['something else', 'tool -x'],
    ['Command failed -:9', 'tool -x'],
  ])('%j', (stderr, line) => {
    expect(from(stderr)).toBe(line);
  });
});

describe('hasFailed', () => {
  it.each<[Invocation['argv'][0], number, string, boolean]>([
    ['ip', 0, '', false],
    ['ip', 1, 'no', true],
    // Others warn on stderr and have done what they were told.
    ['iptables-restore', 0, '# Warning: iptables-legacy tables present', false],
    ['ipvsadm', 0, '', false],
    ['ipvsadm', 0, 'No such service', true],
    ['ipvsadm', 255, '', true],
  ])('%s with exit code %i and %j on stderr: %s', (tool, exitCode, stderr, expected) => {
    expect(hasFailed({ argv: [tool] }, { exitCode, stderr, stdout: '' })).toBe(expected);
  });
});

describe('sysctlPath', () => {
  it('takes dots or slashes as separators, the first one deciding', () => {
    expect(sysctlPath('net.ipv4.ip_forward')).toBe('/proc/sys/net/ipv4/ip_forward');
    expect(sysctlPath('net.ipv4.conf.flannel/1.rp_filter')).toBe('/proc/sys/net/ipv4/conf/flannel.1/rp_filter');
    expect(sysctlPath('net/ipv4/conf/flannel.1/rp_filter')).toBe('/proc/sys/net/ipv4/conf/flannel.1/rp_filter');
  });

  it.each(['', 'net', 'net..ipv4', '../etc/passwd', 'net.ipv4/../x', '/net/ipv4'])('refuses %j', (key) => {
    expect(() => sysctlPath(key)).toThrow('not a kernel parameter');
  });
});

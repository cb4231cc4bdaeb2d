import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Capability, probeCapabilities } from '../../../src/kernel/capabilities.ts';
import { ORDINARY_USER } from '../ordinary-user.ts';

/** The host's own network, as far as an attempt on it would show. */
function host(): string {
  const run = (...argv: [string, ...string[]]) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' });
  const links = run('ip', '-o', 'link')
    .match(/^\d+: [^:@]+/gm)!
    .filter((link) => /: (lo|try)/.test(link));
  return [...links, run('tc', 'qdisc', 'show', 'dev', 'lo'), run('nft', 'list', 'tables')].join('\n');
}
const byId = (all: readonly Capability[]) => new Map(all.map((each) => [each.id, each]));

describe('probeCapabilities', () => {
  it('finds what this test needs, with a remedy for all that is missing, and leaves the host as it was', async () => {
    const before = host();
    const found = await probeCapabilities();
    expect(host()).toBe(before);
    for (const id of ['root', 'netns', 'veth', 'bridge', 'vxlan', 'iptables', 'nftables', 'conntrack', 'overlayfs'])
      expect(byId(found).get(id), id).toMatchObject({ status: 'ok' });
    expect(byId(found).get('iptables')!.title).toMatch(/^iptables \((nf_tables|legacy)\)$/);
    for (const each of found.filter(({ status }) => status !== 'ok')) {
      expect(each.why, each.id).not.toBe('');
      expect(each.remedy, each.id).toMatch(/apt-get|modprobe|a kernel with|install|sysctl|sudo/);
    }
  });

  it('says what is not installed, and how to install it', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nonexistent';
    try {
      const found = byId(await probeCapabilities());
      expect(found.get('iptables')).toMatchObject({
        status: 'missing',
        required: true,
        why: 'iptables-restore is not installed',
        remedy: expect.stringContaining('iptables'),
      });
      expect(found.get('netns')).toMatchObject({ status: 'ok' });
    } finally {
      process.env.PATH = path;
    }
  });

  it('tells an ordinary user what root is for', () => {
    const module = join(import.meta.dirname, '../../../src/kernel/capabilities.ts');
    const script = `import(${JSON.stringify(module)}).then(async (m) => console.log(JSON.stringify(await m.probeCapabilities())))`;
    const [setpriv, ...argv] = [...ORDINARY_USER, process.execPath, '-e', script] as [string, ...string[]];
    const found = byId(JSON.parse(execFileSync(setpriv, argv, { encoding: 'utf8' })));
    expect(found.get('root')).toMatchObject({ status: 'missing', remedy: expect.stringContaining('sudo') });
    expect(found.get('netns')).toMatchObject({ status: 'missing' });
    expect(found.get('veth')).toMatchObject({ status: found.get('user-namespaces')!.status });
  });
});

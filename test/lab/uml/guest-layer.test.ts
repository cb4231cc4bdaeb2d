import { describe, expect, it } from 'vitest';
import { planLayer } from '../../../src/lab/uml/guest-layer.ts';

const TOOLS = ['iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'ip6tables-restore'];

function layerOf(programs: readonly string[]): Record<string, string> {
  const find = (program: string) => (programs.includes(program) ? `/usr/sbin/${program}` : undefined);
  return Object.fromEntries(planLayer({ versions: ['6.1.176'], library: '/usr/lib', find }));
}

describe('planLayer', () => {
  it('has the guest’s modules, iptables’ legacy variant, and busybox where modprobe is missing', () => {
    expect(layerOf([...TOOLS, 'xtables-legacy-multi', 'busybox'])).toEqual({
      '/usr/lib/modules/6.1.176': '/usr/lib/uml/modules/6.1.176',
      ...Object.fromEntries(TOOLS.map((tool) => [`/usr/sbin/${tool}`, '/usr/sbin/xtables-legacy-multi'])),
      '/usr/sbin/modprobe': '/usr/sbin/busybox',
    });
  });

  it('leaves a host’s modprobe, and an iptables without the legacy variant, as they are', () => {
    expect(layerOf([...TOOLS, 'modprobe', 'busybox'])).toEqual({
      '/usr/lib/modules/6.1.176': '/usr/lib/uml/modules/6.1.176',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { chooseKernels, type KernelFacts } from '../../src/lab/lab-kernels.ts';
import { PROXY_MODES, type ProxyMode } from '../../src/objects/proxy-mode.ts';

const NO_IPVS = 'this host cannot do it (IPVS: no)';

function choose(facts: Partial<Omit<KernelFacts, 'onHost'>> & { onHost?: Partial<Record<ProxyMode, string>> }) {
  const onHost = new Map(Object.entries(facts.onHost ?? {}) as [ProxyMode, string][]);
  const { kernelOf, obstacles } = chooseKernels({ asked: undefined, has: () => true, ...facts, onHost });
  return { kernels: PROXY_MODES.map(kernelOf), obstacles: Object.fromEntries(obstacles) };
}

describe('chooseKernels', () => {
  it('plays in User-mode Linux what the host cannot do', () => {
    expect(choose({ onHost: { ipvs: NO_IPVS } })).toEqual({ kernels: ['host', 'uml', 'host', 'host'], obstacles: {} });
  });

  it('names the package where it is not installed', () => {
    expect(choose({ onHost: { ipvs: NO_IPVS }, has: (program) => program !== 'linux.uml' })).toEqual({
      kernels: ['host', 'host', 'host', 'host'],
      obstacles: { ipvs: `${NO_IPVS}; with the package user-mode-linux it is played in a kernel of its own` },
    });
  });

  it('does not move a mode whose tool is missing: the guest has the host’s', () => {
    expect(choose({ onHost: { ipvs: NO_IPVS }, has: (program) => program !== 'ipvsadm' })).toEqual({
      kernels: ['host', 'host', 'host', 'host'],
      obstacles: { ipvs: NO_IPVS },
    });
  });

  it('does not move nftables, which the guest cannot do either', () => {
    expect(choose({ onHost: { nftables: 'no' } })).toEqual({
      kernels: ['host', 'host', 'host', 'host'],
      obstacles: { nftables: 'no' },
    });
  });

  it('does as it is told', () => {
    expect(choose({ asked: 'uml' })).toEqual({
      kernels: ['uml', 'uml', 'uml', 'uml'],
      obstacles: { nftables: 'nf_tables of User-mode Linux has no family ip' },
    });
    expect(choose({ asked: 'host', onHost: { ipvs: NO_IPVS } })).toEqual({
      kernels: ['host', 'host', 'host', 'host'],
      obstacles: { ipvs: NO_IPVS },
    });
  });
});

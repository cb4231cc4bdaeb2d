/** Which modes of kube-proxy this host cannot do, and why: asked once, ahead of a run in every mode. */
import { probeCapabilities } from '../kernel/capabilities.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';

/** What a mode wants of the host, as `podwire check` names it. */
const NEEDS: Readonly<Partial<Record<ProxyMode, readonly string[]>>> = {
  ipvs: ['ipvs', 'ipset', 'dummy'],
  nftables: ['nftables'],
};

/** By mode: `this host cannot do it: IPVS: ipvsadm is not installed; …`. Takes some 100 ms. */
export async function modeObstacles(): Promise<Map<ProxyMode, string>> {
  const missing = (await probeCapabilities()).filter(({ status }) => status === 'missing');
  const obstacles = new Map<ProxyMode, string>();
  for (const [mode, needs] of Object.entries(NEEDS) as [ProxyMode, readonly string[]][]) {
    const lacks = missing.filter(({ id }) => needs.includes(id));
    if (lacks.length === 0) continue;
    const reasons = lacks.map(({ title, why = 'missing' }) => `${title}: ${why}`);
    obstacles.set(mode, `this host cannot do it (${reasons.join('; ')})`);
  }
  return obstacles;
}

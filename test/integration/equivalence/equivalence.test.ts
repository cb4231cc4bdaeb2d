/**
 * One table of situations, one behaviour in every backend: the same Services, asked over real packets from pods, nodes
 * and outside. The lab is one, its kube-proxies change from backend to backend between the plays.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernelHasIpv6 } from '../../../src/kernel/ipv6.ts';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { DaemonClient } from '../../../src/lab/daemon-client.ts';
import { modeObstacles } from '../../../src/lab/mode-obstacles.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { PROXY_MODES } from '../../../src/objects/proxy-mode.ts';
import { ROOT, sharedLab } from '../journeys/shared-lab.ts';
import { expectedOf } from './expectation.ts';
import { openTheatre, type Played, play, type Theatre } from './play.ts';
import { playName } from './situation.ts';
import { PLAYS, SITUATIONS } from './situations/all.ts';
import { switchUnderLoad } from './switch-load.ts';

/** A way from the first mode that leaves each mode for each other. */
function everyPair<T>(modes: readonly T[]): T[] {
  return modes.flatMap((mode, index) => modes.slice(index + 1).flatMap((other) => [mode, other, mode]));
}

const kernel = new LinuxKernel();

const obstacles = await modeObstacles();
const MODES = PROXY_MODES.filter((mode) => !obstacles.has(mode));
for (const [mode, why] of obstacles) console.warn(`not compared here: ${mode}, ${why}`);

/** Both families, and kube-proxies that take changes together: every act makes a hundred at once. */
const OPTIONS = { file: join(ROOT, 'lab/dual-stack.yaml'), proxyConfig: join(import.meta.dirname, 'kube-proxy.yaml') };

describe.skipIf(!kernelHasIpv6())('Services in every backend (skipped where the kernel has no IPv6)', () => {
  const lab = sharedLab(OPTIONS);
  let theatre: Theatre;

  beforeAll(async () => {
    theatre = await openTheatre(lab(), kernel);
    return theatre.close;
  }, 120_000);

  it('has at least sixty situations, each told once', () => {
    expect(SITUATIONS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(SITUATIONS.map(({ title }) => title)).size).toBe(SITUATIONS.length);
  });

  it('loses no connection on any change of mode, new or open, from pods, nodes and outside', async () => {
    const daemon = new DaemonClient(lab().name, stateDirectory(lab().name).socket);
    const { asked, failures, kept } = await switchUnderLoad(theatre, everyPair(MODES), (mode) =>
      daemon.switchProxyMode({ mode }),
    );
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(200);
    expect(kept).toBeGreaterThanOrEqual(6 * 2 * everyPair(MODES).length);
  });

  describe.each(MODES)('%s', (mode) => {
    let played: Played;

    beforeAll(async () => {
      await new DaemonClient(lab().name, stateDirectory(lab().name).socket).switchProxyMode({ mode });
      played = await play(theatre, mode, SITUATIONS, { isLast: mode === MODES.at(-1) });
    }, 120_000);

    it.each(PLAYS.map((play) => [playName(play), play] as const))('%s', (name, { situation, family }) => {
      expect(played[name]).toEqual(expectedOf({ situation, family, mode, places: theatre.places }));
    });
  });
});

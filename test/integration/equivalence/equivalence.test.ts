/**
 * One table of situations, one behaviour in every backend: the same Services, asked over real packets from pods, nodes
 * and outside. The lab is one, its kube-proxies change from backend to backend between the plays.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { DaemonClient } from '../../../src/lab/daemon-client.ts';
import { modeObstacles } from '../../../src/lab/mode-obstacles.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { PROXY_MODES } from '../../../src/objects/proxy-mode.ts';
import { sharedLab } from '../journeys/shared-lab.ts';
import { expectationOf } from './expectation.ts';
import type { Places } from './places.ts';
import { openStage, type Played, play } from './play.ts';
import { SITUATIONS } from './situations/all.ts';

const kernel = new LinuxKernel();

const obstacles = await modeObstacles();
const MODES = PROXY_MODES.filter((mode) => !obstacles.has(mode));
for (const [mode, why] of obstacles) console.warn(`not compared here: ${mode}, ${why}`);

describe('Services in every backend', { timeout: 120_000 }, () => {
  const lab = sharedLab();
  let places: Places;

  beforeAll(async () => {
    const stage = await openStage(lab(), kernel);
    places = stage.places;
    return stage.close;
  }, 120_000);

  it('has at least sixty situations, each told once', () => {
    expect(SITUATIONS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(SITUATIONS.map(({ title }) => title)).size).toBe(SITUATIONS.length);
  });

  describe.each(MODES)('%s', (mode) => {
    let played: Played;

    beforeAll(async () => {
      await new DaemonClient(lab().name, stateDirectory(lab().name).socket).switchProxyMode({ mode });
      played = await play({ lab: lab(), kernel, places, mode }, SITUATIONS);
    }, 120_000);

    it.each(SITUATIONS)('$title', (situation) => {
      const { title, acts } = situation;
      const expected = acts.map(({ asks }) => asks.map((ask) => expectationOf(ask, mode, places, situation).expect));
      expect(played[title]).toEqual(expected);
    });
  });
});

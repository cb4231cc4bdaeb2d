/** Run inside the guest: plays the situations in the backends named; writes what was observed and what was expected. */
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { connectLab } from '../../../src/lab/open-lab.ts';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import { expectationOf } from './expectation.ts';
import { openStage, type Played, play } from './play.ts';
import { SITUATIONS } from './situations/all.ts';

export type Comparison = Readonly<Record<string, { readonly played: Played; readonly expected: Played }>>;

const [name, ...modes] = process.argv.slice(2) as [string, ...ProxyMode[]];
const kernel = new LinuxKernel();
const lab = await connectLab(name);
const { places, close } = await openStage(lab, kernel);
const found: Record<string, Comparison[string]> = {};
for (const mode of modes) {
  await lab.switchProxyMode(mode);
  const expected = Object.fromEntries(
    SITUATIONS.map((situation) => [
      situation.title,
      situation.acts.map(({ asks }) => asks.map((ask) => expectationOf(ask, mode, places, situation).expect)),
    ]),
  );
  found[mode] = { played: await play({ lab, kernel, places, mode }, SITUATIONS), expected };
}
process.stdout.write(JSON.stringify(found satisfies Comparison));
close();
lab.close();

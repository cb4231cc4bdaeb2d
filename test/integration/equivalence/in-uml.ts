/** Run inside the guest: plays the situations in the backends named; writes what was observed and what was expected. */
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { expectedOf } from './expectation.ts';
import { askFirstAct, openTheatre, type Played, play } from './play.ts';
import type { Sctp } from './sctp.ts';
import { familiesOf, isSctp, playName, type Situation } from './situation.ts';
import { SITUATIONS } from './situations/all.ts';

export interface Findings {
  /** By mode: `iptables` plays the first act of SCTP's alone, whose associations the host cannot show. */
  readonly modes: Readonly<Record<'ipvs' | 'iptables', { readonly played: Played; readonly expected: Played }>>;
  readonly sctp: Sctp['proof'];
}

const [name = ''] = process.argv.slice(2);
const lab = await connectLab(name);
const theatre = await openTheatre(lab, new LinuxKernel());

function expectedIn(mode: 'ipvs' | 'iptables', situations: readonly Situation[]): Played {
  const cells = situations.flatMap((situation) =>
    familiesOf(situation).map((family) => ({ situation, family, mode, places: theatre.places })),
  );
  return Object.fromEntries(cells.map((cell) => [playName(cell), expectedOf(cell)]));
}

const iptables = {
  played: {} as Played,
  expected: expectedIn(
    'iptables',
    SITUATIONS.filter(isSctp).map((situation) => ({ ...situation, acts: situation.acts.slice(0, 1) })),
  ),
};
// A change costs iptables one process where ipvs needs four, each of which starts slowly in here: all objects come before ipvs does.
const played = await play(theatre, 'ipvs', SITUATIONS, {
  isLast: true,
  overture: async (stages) => {
    iptables.played = await askFirstAct(theatre, 'iptables', stages, SITUATIONS, isSctp);
    await lab.switchProxyMode('ipvs');
  },
});
const ipvs = { played, expected: expectedIn('ipvs', SITUATIONS) };
const findings: Findings = { modes: { iptables, ipvs }, sctp: theatre.sctp.proof };
// Connections that were cut would hold the process.
process.stdout.write(JSON.stringify(findings), () => process.exit(0));

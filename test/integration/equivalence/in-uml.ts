/** Run inside the guest: plays the situations in the backends named; writes what was observed and what was expected. */
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { expectedOf } from './expectation.ts';
import { openTheatre, type Played, play } from './play.ts';
import type { Sctp } from './sctp.ts';
import { familiesOf, isSctp, playName } from './situation.ts';
import { SITUATIONS } from './situations/all.ts';

export interface Findings {
  /** By mode: `iptables` plays SCTP alone, whose associations the host cannot show. */
  readonly modes: Readonly<Record<'ipvs' | 'iptables', { readonly played: Played; readonly expected: Played }>>;
  readonly sctp: Sctp['proof'];
}

const [name = ''] = process.argv.slice(2);
const lab = await connectLab(name);
const theatre = await openTheatre(lab, new LinuxKernel());

async function compare(mode: 'ipvs' | 'iptables', isLast: boolean) {
  const situations = mode === 'ipvs' ? SITUATIONS : SITUATIONS.filter(isSctp);
  await lab.switchProxyMode(mode);
  const played = await play(theatre, mode, situations, { isLast });
  const cells = situations.flatMap((situation) =>
    familiesOf(situation).map((family) => ({ situation, family, mode, places: theatre.places })),
  );
  const expected = Object.fromEntries(cells.map((cell) => [playName(cell), expectedOf(cell)]));
  return { played, expected };
}

const iptables = await compare('iptables', false);
const findings: Findings = { modes: { iptables, ipvs: await compare('ipvs', true) }, sctp: theatre.sctp.proof };
// Connections that were cut would hold the process.
process.stdout.write(JSON.stringify(findings), () => process.exit(0));

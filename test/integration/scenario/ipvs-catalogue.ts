/** What of the catalogue is played in mode ipvs in User-mode Linux, where the host has no IPVS; and by whom: CI. */
import { join } from 'node:path';
import type { AnyPlayable } from '../../../src/scenario/definition/exercise.ts';
import { whyNoUml } from '../../support/uml.ts';
import { ROOT } from '../journeys/shared-lab.ts';
import { filesWhere, isSlow } from './play-catalogue.ts';

/** The labs are those users have, of the built programs: from the sources everything starts slowly in there. */
export const PODWIRE = join(ROOT, 'lab/podwire');

/** Printed once. It takes minutes of a processor: CI has them. */
export function whyNot(): string | undefined {
  if (process.env.CI === 'true') return whyNoUml();
  const why = 'the catalogue is played in User-mode Linux with CI=true';
  console.warn(`skipped: ${why}`);
  return why;
}

/** The files of the scenarios that share a lab, or of those that want one of their own. */
export function ipvsFiles(labs: 'shared' | 'own'): string[] {
  return filesWhere(
    (playable) =>
      playable.kind === 'Scenario' &&
      playable.proxyModes.includes('ipvs') &&
      !isSlow(playable) &&
      isShared(playable) === (labs === 'shared'),
  );
}

function isShared({ lab }: AnyPlayable): boolean {
  return lab.own !== true && lab.file === undefined && lab.nodes === undefined;
}

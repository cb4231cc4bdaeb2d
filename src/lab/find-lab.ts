/** Finds a lab that somebody built earlier, or says why there is none. */
import { existsSync, readFileSync } from 'node:fs';
import { LabError } from './lab-error.ts';
import { checkLabName } from './lab-name.ts';
import type { LabPlan } from './plan-lab.ts';
import { checkRoot } from './preflight.ts';
import { listLabs, type StateDirectory, stateDirectory } from './state-directory.ts';

/** The files of the lab `name`. */
export function findLab(name: string): StateDirectory {
  checkLabName(name);
  checkRoot('podwire');
  const directory = stateDirectory(name);
  if (existsSync(directory.path)) return directory;
  const others = listLabs();
  throw new LabError({
    what: `there is no lab "${name}"`,
    why: others.length === 0 ? 'no lab is up' : `these are up: ${others.join(', ')}`,
    remedy: others.length === 0 ? 'build it with `podwire up`' : `name one of them: --name ${others[0]}`,
  });
}

/** The plan the lab was built from. */
export function readPlan(directory: StateDirectory): LabPlan {
  return JSON.parse(readFileSync(directory.plan, 'utf8')) as LabPlan;
}

/**
 * Labs for `run` and `tui`: the lab the user has up is borrowed when it fits; otherwise one is built under a name of its
 * own, so that two runs on one host never share a lab that one of them will remove.
 */

import type { LabHandle } from '../lab/lab-handle.ts';
import { connectLab, upLab } from '../lab/open-lab.ts';
import { listLabs } from '../lab/state-directory.ts';
import type { LabLease, LabRequirement, OpenLab } from '../scenario/lab-lease.ts';

/** Nodes of the default lab. */
const DEFAULT_NODES = 3;

export interface LeaseOptions {
  /** The lab to borrow when it is up; also the beginning of the names of labs that are built. */
  readonly name: string;
  readonly file?: string;
}

/** How the scenario engine comes by its labs. */
export function labOpener(options: LeaseOptions): OpenLab {
  let built = 0;
  return async (requirement, { signal, progress }) => {
    const borrowed = requirement.own === true ? undefined : await borrow(options.name, requirement);
    if (borrowed !== undefined) return lease(borrowed, true);
    built += 1;
    const file = requirement.file ?? options.file;
    const lab = await upLab(
      {
        name: `${options.name.slice(0, 40)}-run-${process.pid}-${built}`,
        ...(file === undefined ? {} : { file }),
        ...(requirement.nodes === undefined ? {} : { nodes: requirement.nodes }),
        // A scenario that falls back to another mode would say of that what holds of this.
        proxyMode: requirement.proxyMode,
        strictProxyMode: true,
        signal,
      },
      ({ part }) => progress(part),
    );
    return lease(lab, false);
  };
}

/** The user's own lab, when it is up and has the shape asked for. */
async function borrow(name: string, requirement: LabRequirement): Promise<LabHandle | undefined> {
  // What file a lab was built from is not known: another would have other networks.
  if (requirement.file !== undefined || !listLabs().includes(name)) return undefined;
  const lab = await connectLab(name);
  const { nodes } = await lab.snapshot();
  const fits =
    nodes.length === (requirement.nodes ?? DEFAULT_NODES) &&
    nodes.every(({ proxy }) => proxy.mode === requirement.proxyMode);
  if (fits) return lab;
  lab.close();
  return undefined;
}

function lease(lab: LabHandle, borrowed: boolean): LabLease {
  let released = false;
  return {
    lab,
    borrowed,
    async release() {
      if (released) return;
      released = true;
      if (borrowed) lab.close();
      else await lab.down();
    },
  };
}

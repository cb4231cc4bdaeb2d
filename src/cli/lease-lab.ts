/**
 * Labs for `run` and `tui`: the lab the user has up is borrowed when it fits; otherwise one is built under a name of its
 * own, so that two runs on one host never share a lab that one of them will remove.
 */

import type { LabHandle } from '../lab/lab-handle.ts';
import type { LabKernel } from '../lab/lab-kernel.ts';
import { type LabKernels, labKernels } from '../lab/lab-kernels.ts';
import { connectLab, upLab } from '../lab/open-lab.ts';
import { listLabs } from '../lab/state-directory.ts';
import type { LabLease, LabRequirement, OpenLab } from '../scenario/lab-lease.ts';

/** Nodes of the default lab. */
const DEFAULT_NODES = 3;

export interface LeaseOptions {
  /** The lab to borrow when it is up; also the beginning of the names of labs that are built. */
  readonly name: string;
  readonly file?: string;
  /** Where labs shall stand; default: where they can. */
  readonly kernel?: LabKernel;
}

/** In which kernel labs are to stand; found out when it is first asked for. */
export function askedOnce(kernel?: LabKernel): () => Promise<LabKernels> {
  let kernels: Promise<LabKernels> | undefined;
  return () => {
    kernels ??= labKernels(kernel);
    return kernels;
  };
}

/** A mode that every kernel can do: nothing needs to be found out for it. */
const ANYWHERE = 'iptables';

/** How the scenario engine comes by its labs. */
export function labOpener(options: LeaseOptions, kernels = askedOnce(options.kernel)): OpenLab {
  let built = 0;
  return async (requirement, { signal, progress }) => {
    const borrowed = requirement.own === true ? undefined : await borrow(options, requirement);
    if (borrowed !== undefined) return lease(borrowed, true);
    built += 1;
    // Taken before anything is waited for: others open labs meanwhile.
    const labName = `${options.name.slice(0, 40)}-run-${process.pid}-${built}`;
    const file = requirement.file ?? options.file;
    const { proxyMode } = requirement;
    const kernel = options.kernel ?? (proxyMode === ANYWHERE ? 'host' : (await kernels()).kernelOf(proxyMode));
    const lab = await upLab(
      {
        name: labName,
        ...(file === undefined ? {} : { file }),
        ...(requirement.nodes === undefined ? {} : { nodes: requirement.nodes }),
        // A scenario that falls back to another mode would say of that what holds of this.
        proxyMode,
        kernel,
        strictProxyMode: true,
        signal,
      },
      ({ part }) => progress(part),
    );
    return lease(lab, false);
  };
}

/** The user's own lab, when it is up and has the shape asked for. */
async function borrow({ name, kernel }: LeaseOptions, requirement: LabRequirement): Promise<LabHandle | undefined> {
  // What file a lab was built from is not known: another would have other networks.
  if (requirement.file !== undefined || !listLabs().includes(name)) return undefined;
  const lab = await connectLab(name);
  const { nodes, kernel: itsKernel } = await lab.snapshot();
  const fits =
    (kernel === undefined || kernel === itsKernel) &&
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

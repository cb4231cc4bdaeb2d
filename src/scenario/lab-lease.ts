/**
 * How the runner and the TUI come by a lab: what shape a scenario needs, and a lease on a lab of that shape. Whoever
 * opens labs knows whether one was there before; `release` removes only what was built for this lease.
 */

import type { LabHandle } from '../lab/lab-handle.ts';
import type { PROXY_MODES } from '../objects/proxy-mode.ts';

/** A backend that scenarios may name, offered yet or not. */
export type ProxyMode = (typeof PROXY_MODES)[number];

/** A lab's shape as scenarios ask for it. Two scenarios with the same requirement share one lab. */
export interface LabRequirement {
  /** How many nodes, the control plane included; default: as many as the default lab has (3). */
  readonly nodes?: number;
  /** Path of a lab file; default: the one of the command line, else the default lab. */
  readonly file?: string;
  /** True: built for this scenario alone, never borrowed or shared. */
  readonly own?: boolean;
  readonly proxyMode: ProxyMode;
}

export interface LabLease {
  readonly lab: LabHandle;
  /** True when the lab was running already and will go on running after `release`. */
  readonly borrowed: boolean;
  /** Removes the lab, or lets go of a borrowed one. Idempotent. */
  release(): Promise<void>;
}

/**
 * Connects to a fitting lab that is up, or builds one. `progress` is told each part as it is built (`fabric`, `nodes`,
 * `api`, …). An aborted signal stops the building and leaves nothing behind.
 */
export type OpenLab = (
  requirement: LabRequirement,
  options: { readonly signal: AbortSignal; progress(part: string): void },
) => Promise<LabLease>;

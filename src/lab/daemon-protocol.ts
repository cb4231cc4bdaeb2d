/** What the launcher and the daemon say to each other over the channel between them while a lab is built. */
import type { ApiAddress } from './identity.ts';
import type { LabErrorText } from './lab-error.ts';
import type { LabPlan } from './plan-lab.ts';

/** Launcher → daemon, with the API's listener (on the host's loopback) as the handle that goes along, if the API is the lab's own. */
export interface StartMessage {
  readonly type: 'start';
  readonly plan: LabPlan;
  /** Where the listener listens, as the kubeconfig must name it. */
  readonly apiAddress?: ApiAddress;
  /** The launcher's start, in milliseconds since the epoch: what timings count from. */
  readonly startedAt: number;
}

/** Launcher → daemon: it knows that the lab is ready, and the lab now outlives the channel. */
export interface AcceptedMessage {
  readonly type: 'accepted';
}

/** One part of the building, finished. */
export interface BuiltPart {
  readonly part: string;
  readonly ms: number;
}

/** Daemon → launcher. Losing the channel before `accepted` means to each side that the other has died. */
export type DaemonMessage =
  | ({ readonly type: 'built' } & BuiltPart)
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: LabErrorText };

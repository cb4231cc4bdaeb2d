/** What the pod workers of one node share. */
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Service } from '../objects/wire.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import type { ConfigSource } from './pod/config-source.ts';
import type { TokenSource } from './pod/token-source.ts';
import type { SandboxQueue } from './sandbox-queue.ts';

export interface NodeContext {
  readonly options: KubeletOptions;
  readonly recorder: EventRecorder;
  readonly sandboxes: SandboxQueue;
  readonly source: ConfigSource;
  readonly tokens: TokenSource;
  /** Every Service there is now. */
  readonly services: () => readonly Service[];
  /** Pods on the node now. */
  readonly podCount: () => number;
  readonly allocatable: Readonly<Record<string, string>>;
}

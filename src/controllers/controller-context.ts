/** What every controller is given: the API, shared informers, the log, the clock, and a recorder for its events. */
import type { EventRecorder } from '../client/event-recorder.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Logger } from '../objects/component.ts';
import type { Transport } from '../objects/transport.ts';

export interface ControllerContext {
  readonly transport: Transport;
  readonly informers: InformerFactory;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A recorder whose events show `component` under `From`. Stopped by whoever made the context. */
  readonly recorder: (component: string) => EventRecorder;
}

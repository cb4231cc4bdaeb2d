/**
 * The pods process: serves every stand-in of the lab, each with its sockets in its own pod's namespace. It decides
 * nothing: the daemon tells it what to start and stop, it tells what ended. It keeps serving while the daemon is away.
 */

import type { MessageChannel } from '../../client/message-channel.ts';
import type { NamespaceSockets } from '../../kernel/kernel.ts';
import { startAgnhost } from './agnhost/agnhost.ts';
import { startBannerServer } from './banner-server.ts';
import { startPause } from './pause.ts';
import type { ToPods } from './protocol.ts';
import type { StandInFactory } from './stand-in.ts';
import { StandInHost } from './stand-in-host.ts';
import { startWebServer } from './web-server.ts';

export interface PodsProcessOptions {
  /** To the daemon. A later daemon's channel is given to `serve`. */
  readonly channel?: MessageChannel;
  readonly kernelSockets: NamespaceSockets;
  /** Stand-ins the lab brings (`coredns`), by the name the image table gives them. */
  readonly extraStandIns?: Readonly<Record<string, StandInFactory>>;
}

export interface PodsProcess {
  /** Obeys the daemon at the other end from now on, instead of the one before it. */
  serve(channel: MessageChannel): void;
  /** Closes every stand-in at once. */
  close(): Promise<void>;
}

/** Starts serving. */
export function runPodsProcess({ channel, kernelSockets, extraStandIns = {} }: PodsProcessOptions): PodsProcess {
  const host = new StandInHost(kernelSockets, {
    web: startWebServer,
    agnhost: startAgnhost,
    banner: startBannerServer,
    pause: startPause,
    ...extraStandIns,
  });
  const serve = (next: MessageChannel) => {
    host.answerTo((message) => next.send(message));
    next.onMessage((message) => host.handle(message as ToPods));
  };
  if (channel !== undefined) serve(channel);
  return { serve, close: () => host.close() };
}

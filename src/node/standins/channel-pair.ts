/** Two joined channels within one process, for a pods process that shares the daemon's. Messages are copied, as a stream would. */
import type { MessageChannel } from '../../client/message-channel.ts';

/** What one end sends the other receives, in order, in a later turn. Closing either closes both. */
export function channelPair(): [MessageChannel, MessageChannel] {
  const ends = [newEnd(), newEnd()] as const;
  let open = true;
  const channel = (own: 0 | 1): MessageChannel => ({
    send: (message) => {
      const copy: unknown = structuredClone(message);
      setImmediate(() => {
        if (open) ends[1 - own]!.message(copy);
      });
    },
    onMessage: (handler) => {
      ends[own].message = handler;
    },
    onClose: (handler) => {
      ends[own].close = handler;
    },
    close: () => {
      if (!open) return;
      open = false;
      for (const end of ends) setImmediate(() => end.close());
    },
  });
  return [channel(0), channel(1)];
}

function newEnd(): { message: (message: unknown) => void; close: () => void } {
  return { message: () => undefined, close: () => undefined };
}

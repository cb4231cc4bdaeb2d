/** On the host: has the agent bring the lab up in its guest, and follows how that goes. */
import type { Duplex } from 'node:stream';
import type { BuiltPart } from '../daemon-protocol.ts';
import { LabError } from '../lab-error.ts';
import { AGENT, type UpMessage, type UpRequest } from './agent-protocol.ts';
import { framesOf, sendJson } from './frame-stream.ts';

export interface UpFollower {
  readonly signal?: AbortSignal | undefined;
  readonly onBuilt: (part: BuiltPart) => void;
  readonly onNote: (text: string) => void;
}

/** Resolves with the kubeconfig when the lab is ready. Throws a `LabError`. `stream` leads to the agent, and is used up. */
export async function upInGuest(stream: Duplex, request: UpRequest, follower: UpFollower): Promise<string> {
  const giveUp = () => stream.destroy();
  follower.signal?.addEventListener('abort', giveUp, { once: true });
  try {
    sendJson(stream, AGENT.up, request);
    for await (const { payload } of framesOf(stream)) {
      const message = JSON.parse(payload.toString()) as UpMessage;
      if (message.type === 'built') follower.onBuilt({ part: message.part, ms: message.ms });
      else if (message.type === 'note') follower.onNote(message.text);
      else if (message.type === 'ready') return message.kubeconfig;
      else throw new LabError(message.error);
    }
  } finally {
    follower.signal?.removeEventListener('abort', giveUp);
    stream.destroy();
  }
  throw new LabError({
    what: 'the lab’s User-mode Linux does not answer',
    why: follower.signal?.aborted ? 'a signal asked to stop' : 'it died, or was killed',
    remedy: `remove what is left with \`podwire down --name ${request.plan.name}\`, then try again`,
  });
}

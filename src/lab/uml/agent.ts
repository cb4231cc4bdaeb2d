/** In the guest: one stream of a client on the host, by what it says first. */
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { bringUp } from '../bring-up.ts';
import { describeError } from '../lab-error.ts';
import { stateDirectory } from '../state-directory.ts';
import { AGENT, type RunRequest, type UpMessage, type UpRequest } from './agent-protocol.ts';
import { framesOf, sendJson } from './frame-stream.ts';
import type { ProgramServer } from './serve-programs.ts';

/** Serves the stream until it is over. */
export async function serveAgent(stream: Duplex, name: string, programs: ProgramServer): Promise<void> {
  const frames = framesOf(stream);
  const { value: first } = await frames.next();
  const text = first?.payload.toString() ?? '';
  if (first?.kind === AGENT.run) await programs.run(JSON.parse(text) as RunRequest, stream, frames);
  else if (first?.kind === AGENT.input) await programs.feed(text, stream, frames);
  else if (first?.kind === AGENT.up) await bringUpHere(JSON.parse(text) as UpRequest, stream, name);
  else stream.destroy();
}

/** Brings the lab up in this guest, and tells the client how it goes. */
async function bringUpHere(request: UpRequest, stream: Duplex, name: string): Promise<void> {
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  const say = (message: UpMessage) => sendJson(stream, AGENT.progress, message);
  try {
    await bringUp(
      { ...request, program: 'daemon' },
      {
        startedAt: Date.now(),
        signal: gone.signal,
        onBuilt: (built) => say({ type: 'built', ...built }),
        onNote: (note) => say({ type: 'note', text: note }),
      },
    );
    say({ type: 'ready', kubeconfig: readFileSync(stateDirectory(name).kubeconfig, 'utf8') });
  } catch (error) {
    say({ type: 'failed', error: describeError(error) });
  }
  stream.end();
}

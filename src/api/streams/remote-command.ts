/**
 * Joins a session on a node with the client's streams, whatever protocol carries them. The answer to how it ended is
 * a Status, as the kubelet gives it.
 */
import type { Readable } from 'node:stream';
import type { Status } from '../../objects/wire.ts';
import type { ExecSession } from '../kubelet-connector.ts';

export type OutputChannel = 'stdout' | 'stderr';

export interface StdinListener {
  /** Resolves when more may come. */
  data(chunk: Uint8Array): Promise<void>;
  end(): void;
}

/** The client's end of the streams. */
export interface StreamPeer {
  onStdin(listener: StdinListener): void;
  onResize(listener: (size: { columns: number; rows: number }) => void): void;
  /** Called once, when the client has gone, for whatever reason. */
  onClose(listener: () => void): void;
  /** Resolves when more may be sent, also when the client has gone. */
  send(channel: OutputChannel, chunk: Uint8Array): Promise<void>;
  /** Tells how the command ended, and closes. */
  finish(status: Status): void;
}

/** Resolves when the command has ended and the client has been told, or has gone. Never rejects. */
export async function runRemoteCommand(session: ExecSession, peer: StreamPeer): Promise<void> {
  const { stdin } = session;
  let ended = false;
  // A client that has gone already is told so at once.
  peer.onClose(() => {
    if (!ended) session.kill();
  });
  peer.onResize((size) => session.resize(size));
  // A program that closes its standard input early makes writes fail: no fault of the session.
  stdin?.on('error', () => undefined);
  peer.onStdin({
    async data(chunk) {
      if (stdin?.writable) await new Promise<void>((resolve) => stdin.write(chunk, () => resolve()));
    },
    end: () => stdin?.end(),
  });
  const [exit] = await Promise.all([
    session.exit,
    pump(session.stdout, peer, 'stdout'),
    session.stderr === null ? undefined : pump(session.stderr, peer, 'stderr'),
  ]);
  ended = true;
  peer.finish(exitStatus(exit));
}

async function pump(output: Readable, peer: StreamPeer, channel: OutputChannel): Promise<void> {
  try {
    for await (const chunk of output as AsyncIterable<Uint8Array>) await peer.send(channel, chunk);
  } catch {
    // A terminal's master fails with EIO when its last program has gone: the end of the output.
  }
}

/** The Status of an exit, as clients read it: exit codes travel as a cause. */
export function exitStatus({ code, error }: { readonly code: number; readonly error?: string }): Status {
  if (error !== undefined) {
    return { metadata: {}, status: 'Failure', reason: 'InternalError', message: error, code: 500 } as Status;
  }
  if (code === 0) return { metadata: {}, status: 'Success' } as Status;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  } as Status;
}

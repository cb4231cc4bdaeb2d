/** On the host: a program in the guest, by way of the agent's socket. */
import { connect, type Socket } from 'node:net';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { TerminalSize } from '../../kernel/kernel.ts';
import { AGENT, type ProgramEnd, type RunRequest, type Started } from './agent-protocol.ts';
import { framesOf, sendBytes, sendJson } from './frame-stream.ts';
import { encodeFrame } from './frames.ts';

export interface RemoteProgram {
  /** Null when none of its standard streams wants one. */
  readonly input: Writable | null;
  readonly output: Readable;
  readonly errors: Readable;
  /** Resolves when it has ended and its output has been handed over; as if killed when the guest is gone. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  resize(size: TerminalSize): void;
  signal(signal: NodeJS.Signals): void;
}

const GONE: ProgramEnd = { code: null, signal: 'SIGKILL' };

/** Starts a program in the guest behind `socketPath`; returns at once. */
export function startRemote(socketPath: string, request: RunRequest): RemoteProgram {
  const socket = connectTo(socketPath);
  sendJson(socket, AGENT.run, request);
  const input = request.stdio[0] === 'none' ? null : new PassThrough();
  const output = new PassThrough();
  const errors = new PassThrough();
  const follow = async (): Promise<ProgramEnd> => {
    for await (const { kind, payload } of framesOf(socket)) {
      if (kind === AGENT.ended) return JSON.parse(payload.toString()) as ProgramEnd;
      if (kind === AGENT.started && input !== null) {
        const { token } = JSON.parse(payload.toString()) as Started;
        void sendInput(socketPath, token, input, ended);
      }
      if (kind === AGENT.output) await pass(payload, output);
      if (kind === AGENT.errors) await pass(payload, errors);
    }
    return GONE;
  };
  const ended: Promise<ProgramEnd> = follow().then((end) => {
    socket.destroy();
    for (const stream of [output, errors]) stream.end();
    return end;
  });
  return {
    input,
    output,
    errors,
    ended,
    resize: (size) => sendJson(socket, AGENT.resize, size),
    signal: (signal) => {
      if (socket.writable) socket.write(encodeFrame(AGENT.signal, 0, signal));
    },
  };
}

/** Its end, by whichever side, is told by the stream's own end. */
export function connectTo(socketPath: string): Socket {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.on('error', () => undefined);
  return socket;
}

async function sendInput(socketPath: string, token: string, input: Readable, ended: Promise<unknown>): Promise<void> {
  const socket = connectTo(socketPath);
  void ended.then(() => socket.destroy());
  // A program that has ended, or reads no more, is the program's affair.
  socket.once('close', () => input.resume());
  socket.write(encodeFrame(AGENT.input, 0, token));
  for await (const chunk of input) await sendBytes(socket, AGENT.bytes, chunk as Buffer);
  socket.end();
}

async function pass(bytes: Buffer, stream: PassThrough): Promise<void> {
  if (stream.write(bytes)) return;
  await new Promise<void>((resolve) => {
    for (const event of ['drain', 'close']) stream.once(event, resolve);
  });
}

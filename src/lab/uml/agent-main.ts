/** The agent: the first program in the guest of a lab. Serves, over the serial line, what commands on the host ask for. */
import { openSync } from 'node:fs';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { ReadStream, WriteStream } from 'node:tty';
import { LinuxKernel } from '../../kernel/linux-kernel.ts';
import { stateDirectory } from '../state-directory.ts';
import { serveAgent } from './agent.ts';
import { LINE_DEVICE } from './guest-script.ts';
import { joinStreams } from './join-streams.ts';
import { Line } from './line.ts';
import { Multiplexer } from './multiplexer.ts';
import { ProgramServer } from './serve-programs.ts';

const name = process.argv[2] ?? '';
process.title = `podwire agent ${name}`;
const programs = new ProgramServer(new LinuxKernel());

function serve(service: string, stream: Duplex): void {
  const [kind, port] = service.split(':');
  if (kind === 'agent') void serveAgent(stream, name, programs);
  else if (kind === 'daemon') join(stream, { path: stateDirectory(name).socket });
  else if (kind === 'port') join(stream, { host: '127.0.0.1', port: Number(port) });
  else stream.destroy();
}

function join(stream: Duplex, address: { path: string } | { host: string; port: number }): void {
  joinStreams(stream, connect({ ...address, allowHalfOpen: true }));
}

// Opened twice: one of Node's streams closes what it holds.
const input = new ReadStream(openSync(LINE_DEVICE, 'r+'));
const output = new WriteStream(openSync(LINE_DEVICE, 'r+'));
const line = new Line({ input, output, end: 'guest' });
new Multiplexer(line, serve).greet();
await line.closed;
process.exit(0);

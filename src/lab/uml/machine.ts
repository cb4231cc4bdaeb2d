/**
 * The host's side of a lab in User-mode Linux: starts the guest, has the lab brought up in it, and leads what comes to the
 * lab's sockets and to its API's port inside. Knows nothing of what is said there.
 */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { BuiltPart, StartMessage } from '../daemon-protocol.ts';
import { LabError } from '../lab-error.ts';
import { addressOf } from '../launch-daemon.ts';
import type { LabPlan } from '../plan-lab.ts';
import { listenPrivately } from '../private-socket.ts';
import { agentProgram } from '../programs.ts';
import { stateDirectory, stateRoot } from '../state-directory.ts';
import { bootUml, type Guest } from './boot.ts';
import { modulesOf } from './guest-modules.ts';
import { guestScript } from './guest-script.ts';
import { joinStreams } from './join-streams.ts';
import { Line } from './line.ts';
import { Multiplexer } from './multiplexer.ts';
import { upInGuest } from './up-in-guest.ts';

/** A bound: the host gives a guest what it uses. */
const MEMORY_MB = 2048;

/** Resolves when the lab is ready. Throws a `LabError`. The guest's end, at any time, is told by `onEnd`. */
export async function runMachine(
  { plan, startedAt }: StartMessage,
  listener: Server,
  onBuilt: (part: BuiltPart) => void,
  onEnd: () => void,
): Promise<void> {
  const directory = stateDirectory(plan.name);
  const { port: apiPort } = addressOf(listener);
  mkdirSync(directory.guest, { mode: 0o700 });
  const guest = bootUml({ folder: directory.guest, run: script(plan), memoryMb: MEMORY_MB, line: true });
  guest.process.once('exit', onEnd);
  const channel = guest.line!;
  const line = new Line({ input: channel, output: channel, end: 'host' });
  const multiplexer = new Multiplexer(line, (_service, stream) => stream.destroy());
  await Promise.race([multiplexer.greeted, died(guest)]);
  onBuilt({ part: 'User-mode Linux', ms: Date.now() - startedAt });
  const request = { plan, asked: true, apiPort };
  const kubeconfig = upInGuest(multiplexer.open('agent'), request, { onBuilt, onNote: () => undefined });
  writeFileSync(directory.kubeconfig, await Promise.race([kubeconfig, died(guest)]), { mode: 0o600 });
  await Promise.all([
    forward(directory.socket, () => multiplexer.open('daemon')),
    forward(directory.agentSocket, () => multiplexer.open('agent')),
  ]);
  listener.on('connection', (socket) => joinStreams(socket, multiplexer.open(`port:${apiPort}`)));
}

function script({ name, proxyMode }: LabPlan): string {
  const { PATH = '', HOME = '/root' } = process.env;
  // The language, and where Node keeps what it has compiled, as far as the user has said.
  const given = ['LANG', 'NODE_COMPILE_CACHE'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return guestScript({
    env: { PATH, HOME, ...Object.fromEntries(given), PODWIRE_STATE_ROOT: stateRoot() },
    agent: [process.execPath, ...agentProgram(), name],
    modules: modulesOf(proxyMode),
    stateRoot: stateRoot(),
  });
}

async function forward(path: string, open: () => Duplex): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => joinStreams(socket, open()));
  await listenPrivately(server, path);
}

/** Rejects when the guest ends. */
async function died(guest: Guest): Promise<never> {
  await once(guest.process, 'exit');
  throw new LabError({
    what: 'the lab’s User-mode Linux died',
    why: guest.console().trimEnd().split('\n').slice(-5).join('\n'),
    remedy: 'nothing is left of the lab; try again, and report it when it happens again',
  });
}

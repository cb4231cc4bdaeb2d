/** Starts the processes of peer-main.ts, and ends them whatever happens. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Kernel, Netns } from '../../src/kernel/kernel.ts';
import { RelayClient } from '../../src/proxy/userspace/relay-client.ts';
import type { Endpoint } from './blocking-connect.ts';
import { benchProgram } from './programs.ts';

/** Runs `action` while a process in `netns` answers each connection to this address with so many bytes; default: one. */
export async function withGreeter<T>(
  kernel: Pick<Kernel, 'spawn'>,
  netns: Netns,
  { host, port }: Endpoint,
  action: () => Promise<T>,
  bytes?: number,
): Promise<T> {
  const role = bytes === undefined ? ['greet', host, String(port)] : ['pour', host, String(port), String(bytes)];
  const greeter = kernel.spawn(netns, [process.execPath, benchProgram('peer'), ...role]);
  try {
    const stderr: Buffer[] = [];
    greeter.stderr!.on('data', (data: Buffer) => stderr.push(data));
    const ended = greeter.exited.then(() => {
      throw new Error(`the peer at ${host}:${port} ended: ${Buffer.concat(stderr)}`);
    });
    await Promise.race([once(greeter.stdout!, 'data'), ended]);
    return await action();
  } finally {
    greeter.kill('SIGKILL');
    await greeter.exited;
  }
}

/** Runs `action` with a relay process, which is started when the first relay is asked for. */
export async function withRelays<T>(action: (relays: RelayClient) => Promise<T>): Promise<T> {
  const ends: (() => void)[] = [];
  const relays = new RelayClient(async () => {
    const child = fork(benchProgram('peer'), ['relay']);
    ends.push(() => child.kill('SIGKILL'));
    return {
      send: (message) => void child.send(message as object),
      onMessage: (handler) => void child.on('message', handler),
      onClose: (handler) => void child.once('exit', handler),
      close: () => void child.kill(),
    };
  });
  try {
    return await action(relays);
  } finally {
    for (const end of ends) end();
  }
}

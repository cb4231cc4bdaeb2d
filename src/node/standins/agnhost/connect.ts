/** agnhost's `connect`: one connection attempt, its outcome in one word. */
import type { Socket } from 'node:net';
import { durationMs, parseFlags } from './flags.ts';

/** Undefined when `HOST:PORT` could be connected to; else what agnhost prints: `TIMEOUT`, `REFUSED`, `DNS: …`, `OTHER: …`. */
export function connectOnce(
  { connect }: { readonly connect: (address: { host: string; port: number }) => Socket },
  args: readonly string[],
): Promise<string | undefined> {
  const flags = parseFlags(args);
  const target = /^\[?(.+?)\]?:(\d+)$/.exec(flags.rest[0] ?? '');
  if (target === null) return Promise.resolve(`OTHER: address ${flags.rest[0] ?? ''}: missing port in address`);
  const protocol = flags.get('protocol', 'tcp');
  if (protocol !== 'tcp') return Promise.resolve(`OTHER: unsupported protocol ${protocol}`);
  const timeout = durationMs(flags.get('timeout', '0s')) || undefined;
  return new Promise((resolve) => {
    const socket = connect({ host: target[1]!, port: Number(target[2]) });
    const timer = timeout === undefined ? undefined : setTimeout(() => finish('TIMEOUT'), timeout);
    const finish = (outcome: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => finish(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(outcomeOf(error)));
  });
}

function outcomeOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'REFUSED';
  if (code === 'ETIMEDOUT') return 'TIMEOUT';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `DNS: ${message}`;
  return `OTHER: ${message}`;
}

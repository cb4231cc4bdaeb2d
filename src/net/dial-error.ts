/** Why no connection could be made, in the words Kubernetes' components have for it. */
import { hostPort } from './host-port.ts';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'read: connection reset by peer',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** `dial tcp 10.244.1.5:80: connect: connection refused`. */
export function dialErrorText(error: unknown, { host, port }: { host: string; port: number }): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return `dial tcp ${hostPort(host, port)}: ${WORDS[code] ?? message}`;
}

/** A kubelet small enough for tests of the API's streams: every container is the host's shell. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { KubeletConnector, LogRequest } from '../../../src/api/kubelet-connector.ts';
import { statusError } from '../../../src/api/status-error.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { execSession } from '../../../src/node/runtime/exec-session.ts';

export interface ShellKubelet extends KubeletConnector {
  /** Log requests as they came. */
  readonly logRequests: LogRequest[];
}

/** Exec runs the command on the host; attach is `cat`; a port is one of the host's loopback; logs are two lines, then, with follow, one more. */
export function shellKubelet(kernel: Kernel): ShellKubelet {
  const env = { PATH: process.env.PATH ?? '', PS1: '# ', TERM: 'xterm' };
  const logRequests: LogRequest[] = [];
  return {
    logRequests,
    exec: async ({ command, stdin, tty, container }) => {
      if (container === 'stopped') throw statusError(500, 'InternalError', `container not found ("${container}")`);
      // As a container's script does: signals typed at a terminal go to those whose controlling terminal it is.
      const argv: typeof command = tty ? ['setsid', '--ctty', '--wait', ...command] : command;
      return execSession(kernel, { argv, env }, command[0], { stdin, tty });
    },
    attach: async ({ stdin, tty }) => execSession(kernel, { argv: ['cat'], env }, 'cat', { stdin, tty }),
    portForward: async (_pod, port) => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    logs: async (request) => {
      logRequests.push(request);
      return Readable.from(linesOf(request.follow));
    },
  };
}

async function* linesOf(follow: boolean): AsyncGenerator<string> {
  yield 'first\nsecond\n';
  if (!follow) return;
  await new Promise((resolve) => setTimeout(resolve, 50));
  yield 'third\n';
}

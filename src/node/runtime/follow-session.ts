/** Attaching to a container that has no standard input: a session that shows its output as it comes. */
import { PassThrough } from 'node:stream';
import type { ExecSession } from '../../api/kubelet-connector.ts';
import type { ContainerExit, RunningContainer } from './container-runtime.ts';

/** Output from now on, until the container ends. */
export function followSession(container: Pick<RunningContainer, 'logs'>, exited: Promise<ContainerExit>): ExecSession {
  const abort = new AbortController();
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const attachedAt = new Date().toISOString();
  const pump = async () => {
    for await (const lines of container.logs({ follow: true, signal: abort.signal })) {
      for (const { time, stream, text } of lines) {
        // The two texts differ in their number of digits only behind the milliseconds, so they compare as instants.
        if (time >= attachedAt.slice(0, -1)) streams[stream].write(`${text}\n`);
      }
    }
    streams.stdout.end();
    streams.stderr.end();
  };
  void pump();
  return {
    stdin: null,
    ...streams,
    resize: () => undefined,
    exit: exited.then(() => ({ code: 0 })),
    kill: () => abort.abort(),
  };
}

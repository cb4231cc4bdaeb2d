/** Runs a session to its end and keeps what it wrote: for probes, hooks and stand-ins that run a command. */
import type { Readable } from 'node:stream';
import type { ExecSession } from '../../api/kubelet-connector.ts';

/** More than a probe's event shows; a command that writes without end does not fill the memory. */
const KEPT_CHARACTERS = 64 * 1024;

/** Exit code and what came on both streams, in order of arrival. A program that could not be started says why. */
export async function collectExec(session: ExecSession): Promise<{ exitCode: number; output: string }> {
  let output = '';
  const collect = async (stream: Readable | null) => {
    for await (const chunk of stream ?? []) {
      if (output.length < KEPT_CHARACTERS) output += String(chunk);
    }
  };
  const [{ code, error }] = await Promise.all([session.exit, collect(session.stdout), collect(session.stderr)]);
  return { exitCode: code, output: error ?? output };
}

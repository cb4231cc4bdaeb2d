/**
 * What a container leaves behind to be shown as the reason of its end: the file at its `terminationMessagePath`, or, when it
 * failed and wrote none and its policy says so, the end of its log. Limits are the kubelet's.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Container } from '../../objects/wire.ts';
import type { RunningContainer } from '../runtime/container-runtime.ts';

const MOST_FILE_BYTES = 4_096;
const MOST_LOG_BYTES = 2_048;
const MOST_LOG_LINES = 80;

/** The message; undefined when there is none. `file` is where the container's file lies on the host. */
export async function terminationMessage(
  container: Pick<Container, 'terminationMessagePolicy'>,
  running: Pick<RunningContainer, 'logs'>,
  exitCode: number,
  file: string | undefined,
): Promise<string | undefined> {
  const text = file === undefined ? '' : beginningOf(file);
  if (text !== '') return text;
  if (exitCode === 0 || container.terminationMessagePolicy !== 'FallbackToLogsOnError') return undefined;
  const lines: string[] = [];
  for await (const some of running.logs({ follow: false, signal: AbortSignal.abort() })) {
    lines.push(...some.map((line) => line.text));
    lines.splice(0, Math.max(0, lines.length - MOST_LOG_LINES));
  }
  const tail = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    .subarray(-MOST_LOG_BYTES)
    .toString('utf8');
  return tail === '' ? undefined : tail;
}

/** The file's first bytes as text; empty when it cannot be read. */
function beginningOf(path: string): string {
  const buffer = Buffer.alloc(MOST_FILE_BYTES);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    // The pod's files go with the pod, perhaps before its last container's end is told.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    return buffer.subarray(0, readSync(descriptor, buffer)).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

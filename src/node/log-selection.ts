/** The part of a container's log a request asks for, as text. Pure, but for the reading. */
import { Readable } from 'node:stream';
import type { LogRequest } from '../api/kubelet-connector.ts';
import type { LogLine } from './standins/protocol.ts';

export type LogSelection = Pick<LogRequest, 'timestamps' | 'tailLines' | 'sinceSeconds' | 'limitBytes'>;

/** Lines of the first batch (all there is) cut to `tailLines` and `sinceSeconds`; those that follow come whole. */
export function selectedLines(
  lines: readonly LogLine[],
  { tailLines, sinceSeconds }: LogSelection,
  nowMs: number,
): readonly LogLine[] {
  const since =
    sinceSeconds === undefined ? undefined : new Date(nowMs - sinceSeconds * 1000).toISOString().slice(0, -1);
  const recent = since === undefined ? lines : lines.filter(({ time }) => time >= since);
  return tailLines === undefined ? recent : recent.slice(Math.max(0, recent.length - tailLines));
}

/** One line as `kubectl logs` prints it. */
export function lineText({ time, text }: LogLine, timestamps: boolean): string {
  return timestamps ? `${time} ${text}\n` : `${text}\n`;
}

/** The text of a log as a stream; ending it early calls `abort`. */
export function logStream(
  batches: AsyncIterable<readonly LogLine[]>,
  selection: LogSelection,
  abort: AbortController,
): Readable {
  const texts = async function* () {
    let left = selection.limitBytes ?? Number.POSITIVE_INFINITY;
    let isFirst = true;
    for await (const lines of batches) {
      const chosen = isFirst ? selectedLines(lines, selection, Date.now()) : lines;
      isFirst = false;
      const bytes = Buffer.from(chosen.map((line) => lineText(line, selection.timestamps)).join(''));
      if (bytes.length > 0) yield bytes.subarray(0, left);
      left -= bytes.length;
      if (left <= 0) return;
    }
  };
  const stream = Readable.from(texts(), { objectMode: false });
  stream.once('close', () => abort.abort());
  return stream;
}

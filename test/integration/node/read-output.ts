import type { Readable } from 'node:stream';
import type { RunningContainer } from '../../../src/node/runtime/container-runtime.ts';

/** What a container has written so far. */
export async function outputOf(container: RunningContainer): Promise<string> {
  let text = '';
  for await (const lines of container.logs({ follow: false, signal: new AbortController().signal })) {
    for (const line of lines) text += `${line.text}\n`;
  }
  return text;
}

/** A stream to its end. */
export async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

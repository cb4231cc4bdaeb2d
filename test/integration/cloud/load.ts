/** HTTP requests without pause from a namespace of the lab, each over a connection of its own. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Netns } from '../../../src/kernel/kernel.ts';
import { namespaceSockets } from '../../../src/kernel/namespace-sockets.ts';

export interface Answer {
  /** When it was asked: milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  /** Of the answer; undefined when there was none. */
  readonly status?: number;
  readonly body: string;
  readonly error?: string;
}

export interface AskOptions {
  /** The Host header; default: the address. */
  readonly host?: string;
  readonly timeoutMs?: number;
}

/** One request from `netns` to `http://ADDRESS[:PORT]/PATH`. Never rejects. */
export function askOnce(netns: Netns, url: string, { host, timeoutMs = 3_000 }: AskOptions = {}): Promise<Answer> {
  const { hostname, port, pathname } = new URL(url);
  const at = Date.now();
  return new Promise((resolve) => {
    const socket = namespaceSockets.connect(netns, { host: hostname, port: Number(port || 80) });
    const end = (rest: Partial<Answer>) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ at, ms: Date.now() - at, body: '', ...rest });
    };
    const timer = setTimeout(() => end({ error: 'timeout' }), timeoutMs);
    const headers = { host: host ?? hostname, connection: 'close' };
    const question = request({ path: pathname, createConnection: () => socket, headers });
    question.on('error', ({ message }) => end({ error: message }));
    question.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', ({ message }) => end({ error: message }));
      response.on('end', () => end({ status: response.statusCode!, body }));
    });
    question.end();
  });
}

/** Asks from four places at once for as long as `action` takes; every answer there was. */
export async function underLoad(
  netns: Netns,
  url: string,
  action: () => Promise<unknown>,
  options: AskOptions = {},
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let goesOn = true;
  const asker = async () => {
    while (goesOn) {
      answers.push(await askOnce(netns, url, options));
      await sleep(2);
    }
  };
  const askers = Promise.all([asker(), asker(), asker(), asker()]);
  try {
    await action();
  } finally {
    goesOn = false;
    await askers;
  }
  return answers;
}

/** The answers that are none, or no success. */
export function lostOf(answers: readonly Answer[]): Answer[] {
  return answers.filter(({ status }) => status !== 200);
}

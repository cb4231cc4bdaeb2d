/** An API server in a process of its own, and a client of it: for benchmarks of the API alone, without kernel and controllers. */
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkContext } from './benchmark.ts';

export const NAMESPACE = 'bench';
export const TOKEN = 'benchmark';
/** What the server says of itself when it serves. */
export interface ServingMessage {
  readonly port: number;
  readonly ca: string;
}

export interface ApiCall {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: object;
  readonly contentType?: string;
}

/** Connections requests are spread over: as many as a busy controller manager and a few clients have. */
const CONNECTIONS = 16;
/** As the daemon is started. */
const NODE_OPTIONS = ['--max-semi-space-size=8', '--disable-warning=ExperimentalWarning'];
const HOST = '127.0.0.1';

export class ApiProcess {
  readonly #pid: number;
  readonly #serving: ServingMessage;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(pid: number, serving: ServingMessage) {
    this.#pid = pid;
    this.#serving = serving;
  }

  /** The answer's body. Rejects for any status but a good one. */
  async call(call: ApiCall): Promise<Buffer> {
    const response = await this.#send(call, this.#agent);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { statusCode = 0 } = response;
    if (statusCode > 299) throw new Error(`${call.path} was answered with ${statusCode}: ${body}`);
    return body;
  }

  /** `count` calls, over all connections at once. Milliseconds for each. */
  async many(count: number, callOf: (index: number) => ApiCall): Promise<number> {
    let next = 0;
    const work = async () => {
      while (next < count) {
        next += 1;
        await this.call(callOf(next - 1));
      }
    };
    const begin = performance.now();
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    return (performance.now() - begin) / count;
  }

  /** Opens a watch of its own; `onData` is given what comes. */
  async watch(path: string, onData: (text: string) => void): Promise<() => void> {
    const response = await this.#send({ path }, false);
    response.setEncoding('utf8');
    response.on('data', onData);
    response.on('error', () => undefined);
    return () => response.destroy();
  }

  /** Proportional set size of the server's process, in MB (10^6 bytes). */
  get memory(): number {
    const text = readFileSync(`/proc/${this.#pid}/smaps_rollup`, 'utf8');
    return (Number(/^Pss:\s+(\d+) kB$/m.exec(text)![1]) * 1024) / 1e6;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send({ method = 'GET', path, body, contentType = 'application/json' }: ApiCall, agent: Agent | false) {
    const { port, ca } = this.#serving;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise<IncomingMessage>((resolve, reject) => {
      const message = request({ host: HOST, port, ca, servername: 'localhost', method, path, headers, agent }, resolve);
      message.on('error', reject);
      message.end(text);
    });
  }
}

/** Starts a server with an empty store, and ends it whatever happens. */
export async function withApiProcess<T>(
  { root, signal }: BenchmarkContext,
  action: (api: ApiProcess) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'podwire-bench-'));
  const child = fork(join(root, 'dist/bench-api.js'), [join(folder, 'objects.db')], { execArgv: NODE_OPTIONS, signal });
  try {
    const serving = await new Promise<ServingMessage>((resolve, reject) => {
      child.once('message', (message) => resolve(message as ServingMessage));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the API server ended with ${code}`)));
    });
    const api = new ApiProcess(child.pid!, serving);
    try {
      return await action(api);
    } finally {
      api.close();
    }
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

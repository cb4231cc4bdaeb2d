/**
 * HTTP requests from where a node, pod or host stands: one curl for all of them, each over a connection of its own (so
 * each is load-balanced anew). curl's write-out says what became of each.
 */
import { randomBytes } from 'node:crypto';
import type { LabHandle } from '../../lab/lab-handle.ts';
import type { Outcome } from '../definition/matchers.ts';

export interface HttpRequest {
  readonly url: string;
  readonly count: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long one answer may take, in milliseconds. */
  readonly withinMs: number;
}

export interface HttpResponse {
  readonly outcome: Outcome;
  /** 0 without an answer. */
  readonly status: number;
  readonly body: string;
  /** Names in lower case; the last of several values. */
  readonly headers: Readonly<Record<string, string>>;
  /** curl's own words when there was no answer. */
  readonly problem?: string;
  readonly ms: number;
}

/** curl's exit codes (man curl, EXIT CODES). */
const COULD_NOT_RESOLVE = 6;
const COULD_NOT_CONNECT = 7;
const TIMED_OUT = 28;

/** Sends the requests one after another and returns what became of each. Throws when curl itself cannot run. */
export async function sendRequests(lab: LabHandle, target: string, request: HttpRequest): Promise<HttpResponse[]> {
  const mark = `--${randomBytes(8).toString('hex')}--`;
  const { stdout, stderr, exitCode } = await lab.exec(target, ['curl', '--verbose', '--config', '-'], {
    stdin: curlConfig(request, mark),
    timeoutMs: request.count * request.withinMs + 10_000,
  });
  const parts = stdout.split(mark);
  if (parts.length < 2 * request.count + 1) {
    throw new Error(`curl did not run in ${target}: ${stderr.trim().split('\n').at(-1) ?? `exit code ${exitCode}`}`);
  }
  const verbose = stderr.split(mark);
  return Array.from({ length: request.count }, (_, index) =>
    readResponse(parts[2 * index]!, parts[2 * index + 1]!, verbose[index] ?? ''),
  );
}

/** The settings of each request; `next` separates them. */
export function curlConfig(request: HttpRequest, mark: string): string {
  const quoted = (text: string): string =>
    `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
  const one = [
    `url = ${quoted(request.url)}`,
    'silent',
    // A kept connection would keep its endpoint.
    'header = "Connection: close"',
    `max-time = ${request.withinMs / 1000}`,
    `write-out = "${mark}{\\"curl\\":%{json},\\"headers\\":%{header_json}}${mark}%{stderr}${mark}"`,
    ...Object.entries(request.headers ?? {}).map(([name, value]) => `header = ${quoted(`${name}: ${value}`)}`),
    ...(request.method === undefined ? [] : [`request = ${quoted(request.method)}`]),
    ...(request.body === undefined ? [] : [`data-raw = ${quoted(request.body)}`]),
  ].join('\n');
  return Array.from({ length: request.count }, () => one).join('\nnext\n');
}

function readResponse(body: string, meta: string, verbose: string): HttpResponse {
  const { curl, headers } = JSON.parse(meta) as {
    curl: { http_code: number; exitcode: number; errormsg: string | null; time_total: number };
    headers: Record<string, string[]>;
  };
  const failed = /connect to .* failed: (.+)$/m.exec(verbose)?.[1];
  const problem = failed ?? curl.errormsg ?? undefined;
  return {
    outcome: outcomeOf(curl.exitcode, failed ?? ''),
    status: curl.http_code,
    body,
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name.toLowerCase(), values.at(-1)!])),
    ...(curl.exitcode === 0 || problem === undefined ? {} : { problem }),
    ms: curl.time_total * 1000,
  };
}

function outcomeOf(exitCode: number, failure: string): Outcome {
  if (exitCode === 0) return 'answered';
  if (exitCode === TIMED_OUT) return 'timeout';
  if (exitCode === COULD_NOT_RESOLVE) return 'unreachable';
  if (exitCode === COULD_NOT_CONNECT && /route|unreachable/i.test(failure)) return 'unreachable';
  // A connection cut before it answered is as good as refused to whoever waits for the answer.
  return 'refused';
}

/** agnhost's `netexec`: an HTTP and a UDP server with small commands, the test suites' favourite backend. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { timerMs } from '../../../objects/timer.ts';
import { clientAddress, listenHttp } from '../http-server.ts';
import { openAll } from '../server-sockets.ts';
import type { StandIn, StandInContext } from '../stand-in.ts';
import { dial } from './dial.ts';
import { durationMs, parseFlags } from './flags.ts';
import { listenUdp, netexecAnswers } from './udp-server.ts';

type Handler = (call: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}) => void | Promise<void>;

/** HTTP on `--http-port` (8080), UDP on `--udp-port` (8081; -1 for none). */
export function startNetexec(context: StandInContext, args: readonly string[]): Promise<StandIn> {
  const flags = parseFlags(args, ['http-override']);
  const httpPort = flags.port('http-port', 8080);
  const udpPort = flags.port('udp-port', 8081);
  const routes = routesOf(context, httpPort);
  const http = listenHttp(context, httpPort, (request, response) => {
    // No URL: what a client may ask for (`//`) need not be one.
    const [path = '/', search = ''] = (request.url ?? '/').split(/\?(.*)/s, 2);
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.setHeader('x-pod', context.pod.name);
    response.setHeader('x-node', context.pod.node);
    const handler = Object.hasOwn(routes, path) ? routes[path]! : routes['/']!;
    context.log(`${request.method} ${request.url} from ${clientAddress(request)}`);
    const answered = async () => handler({ request, response, query: new URLSearchParams(search) });
    answered().catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(`${String(error)}\n`);
    });
  });
  const udp = udpPort < 0 ? [] : [listenUdp(context, udpPort, netexecAnswers(context.pod.hostname, udpPort))];
  return openAll([http, ...udp]);
}

function routesOf(context: StandInContext, port: number): Readonly<Record<string, Handler>> {
  const { hostname } = context.pod;
  const answer =
    (text: (request: IncomingMessage) => string): Handler =>
    ({ request, response }) =>
      void response.end(text(request));
  return {
    '/': answer(() => `NOW: ${new Date().toISOString()}`),
    '/clientip': answer(clientAddress),
    '/serverport': answer(() => String(port)),
    '/hostname': answer(() => hostname),
    '/hostName': answer(() => hostname),
    '/healthz': answer(() => ''),
    '/echo': ({ response, query }) => {
      response.writeHead(statusOf(query, 200));
      response.end(query.get('msg') ?? '');
    },
    '/header': ({ request, response, query }) => {
      response.end(String(request.headers[(query.get('key') ?? '').toLowerCase()] ?? ''));
    },
    '/redirect': ({ response, query }) => {
      response.writeHead(statusOf(query, 302), { location: headerText(query.get('location') ?? '/') });
      response.end();
    },
    '/dial': async ({ response, query }) => {
      const protocol = query.get('protocol') ?? 'http';
      const target = Number(query.get('port'));
      if (query.get('host') === null || !(target > 0 && target < 65536)) {
        response.writeHead(400);
        response.end('host and port are needed');
        return;
      }
      const result = await dial(context, {
        protocol,
        host: query.get('host')!,
        port: target,
        request: query.get('request') ?? '',
        tries: Math.min(Number(query.get('tries') ?? 1) || 1, 100),
      });
      response.end(JSON.stringify(result));
    },
    '/shell': async ({ response, query }) => {
      const command = query.get('cmd') ?? query.get('shellCommand') ?? '';
      const { exitCode, output } = await context.exec(['/bin/sh', '-c', command]);
      response.end(JSON.stringify({ output, ...(exitCode === 0 ? {} : { error: `exit status ${exitCode}` }) }));
    },
    '/upload': ({ request, response }) => {
      let size = 0;
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      request.on('end', () => response.end(JSON.stringify({ output: `${size} bytes` })));
    },
    '/exit': ({ response, query }) => {
      response.end();
      const code = Number(query.get('code') ?? 0) || 0;
      setTimeout(() => context.exit(code), timerMs(durationMs(query.get('wait') ?? '0s') ?? 0));
    },
    '/shutdown': ({ response }) => {
      response.end();
      setImmediate(() => context.exit(0));
    },
  };
}

function statusOf(query: URLSearchParams, fallback: number): number {
  const code = Number(query.get('code') ?? fallback);
  return Number.isInteger(code) && code >= 200 && code <= 599 ? code : 400;
}

/** Node refuses line ends in a header; a client's text must not end the process. */
function headerText(text: string): string {
  return encodeURI(text);
}

/**
 * The agnhost stand-in: chooses the behaviour its first argument names. Behaviours it does not have end the container
 * with agnhost's words for an unknown command.
 */
import { createServer } from 'node:net';
import { clientAddress, listenHttp } from '../http-server.ts';
import { resolveImage } from '../images.ts';
import { startPause } from '../pause.ts';
import { listenTcp, openAll } from '../server-sockets.ts';
import type { StandIn, StandInContext, StandInFactory } from '../stand-in.ts';
import { connectOnce } from './connect.ts';
import { parseFlags } from './flags.ts';
import { startNetexec } from './netexec.ts';
import { listenUdp } from './udp-server.ts';

type Behaviour = (context: StandInContext, args: readonly string[]) => Promise<StandIn>;

/** Name of the subcommand → what it does. */
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  netexec: startNetexec,
  'serve-hostname': startServeHostname,
  porter: startPorter,
  connect: startConnect,
  liveness: startLiveness,
  pause: startPause,
};

/** Runs the behaviour of `args[0]`; images of one behaviour (`serve_hostname`) take flags alone. */
export const startAgnhost: StandInFactory = async (context) => {
  const { behaviour } = resolveImage(context.image);
  const usual = 'standIn' in behaviour && behaviour.standIn === 'agnhost' ? behaviour.behaviour : 'pause';
  const [first] = context.args;
  const named = first !== undefined && !first.startsWith('-');
  const name = named ? first : usual;
  const start = Object.hasOwn(BEHAVIOURS, name) ? BEHAVIOURS[name] : undefined;
  if (start === undefined) throw new Error(`Error: unknown command "${name}" for "app"`);
  return start(context, named ? context.args.slice(1) : context.args);
};

/** Answers its hostname over HTTP (or TCP and UDP) on port 9376. */
function startServeHostname(context: StandInContext, args: readonly string[]): Promise<StandIn> {
  const flags = parseFlags(args, ['http', 'tcp', 'udp', 'close']);
  const port = flags.port('port', 9376);
  const { hostname } = context.pod;
  const tcp = flags.isSet('tcp', false);
  const udp = flags.isSet('udp', false);
  const http = flags.isSet('http', !tcp && !udp);
  return openAll([
    ...(http ? [listenHttp(context, port, (_request, response) => void response.end(hostname))] : []),
    ...(tcp && !http
      ? [
          listenTcp(
            context,
            createServer((socket) => void socket.end(`${hostname}\n`)),
            port,
          ),
        ]
      : []),
    ...(udp ? [listenUdp(context, port, () => hostname)] : []),
  ]);
}

/** One HTTP server for each variable `SERVE_PORT_n`, answering the variable's value. */
function startPorter(context: StandInContext): Promise<StandIn> {
  const served = Object.entries(context.env).flatMap(([name, value]) => {
    const match = /^SERVE_PORT_(\d+)$/.exec(name);
    return match === null ? [] : [{ port: Number(match[1]), value }];
  });
  return openAll(
    served.map(({ port, value }) => listenHttp(context, port, (_request, response) => void response.end(value))),
  );
}

/** Connects once to `HOST:PORT` and ends with 0, or with 1 and the reason in one word. */
async function startConnect(context: StandInContext, args: readonly string[]): Promise<StandIn> {
  const { sockets, netns } = context;
  void connectOnce({ connect: (address) => sockets.connect(netns, address) }, args).then((failure) => {
    if (failure !== undefined) context.log(failure, 'stderr');
    context.exit(failure === undefined ? 0 : 1);
  });
  return startPause();
}

/** Healthy for ten seconds, then not: the subject of the documentation's liveness example. */
function startLiveness(context: StandInContext): Promise<StandIn> {
  const startedAt = Date.now();
  return openAll([
    listenHttp(context, 8080, (request, response) => {
      const age = (Date.now() - startedAt) / 1000;
      const failing = request.url?.startsWith('/healthz') === true && age > 10;
      response.writeHead(failing ? 500 : 200, { 'content-type': 'text/plain' });
      response.end(failing ? `error: ${age}` : `ok ${clientAddress(request)}`);
    }),
  ]);
}

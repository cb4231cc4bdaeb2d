/**
 * The daemon's own door: HTTP over a Unix socket (0600 in a folder of 0700), which crosses network namespaces. Answers
 * JSON; an error is `{what, why, remedy}` with status 4xx or 5xx.
 *
 *   GET  /snapshot               the lab now
 *   GET  /snapshots              one snapshot a line, the first at once, then after each change
 *   GET  /netns?name=            the namespace a node, host or pod stands in
 *   GET  /exec?name=&container=&argv=   how a program (a JSON list) is started there
 *   POST /programmed?timeoutMs=  answers once every acknowledged write is in the rules of every node that is Ready
 *   POST /proxy-mode?mode=&node=&strict=&scheduler= changes the backend of kube-proxy; answers once the former's rules are gone, or are needed for longer than 5 s
 *   POST /kube-proxy?is=&node=   stops kube-proxy, or starts it again; answers with the nodes once it is so
 *   GET  /missing?ids=           of these capabilities (a JSON list of ids of `podwire check`) those the lab's kernel lacks, by id why
 *   GET  /links                  every link and what is wrong with it
 *   POST /link?name=&change=     changes a link (a JSON `LinkChange`); answers with its new state
 */
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ExecTarget } from '../exec-target.ts';
import { describeError, describeFullDisk, LabError, type LabErrorText } from '../lab-error.ts';
import type { LabSnapshot } from '../lab-snapshot.ts';
import type { LinkChange } from '../link-state.ts';
import { listenPrivately } from '../private-socket.ts';
import type { ProxyRun, ProxySwitch, SwitchedNode } from '../proxy-switch.ts';
import type { LabLinks } from './lab-links.ts';
import type { SnapshotFeed } from './snapshot-feed.ts';

export interface DaemonServices {
  readonly snapshots: SnapshotFeed;
  readonly links: Pick<LabLinks, 'list' | 'change'>;
  /** The namespace of a node, host or pod (`name` or `namespace/name`). Throws a `LabError` for an unknown one. */
  netnsOf(name: string): string;
  exec(name: string, argv: readonly [string, ...string[]], container?: string): Promise<ExecTarget>;
  switchProxyMode(wanted: ProxySwitch): Promise<SwitchedNode[]>;
  runKubeProxy(wanted: ProxyRun): Promise<string[]>;
  programmed(timeoutMs: number): Promise<void>;
  missing(ids: readonly string[]): Promise<Record<string, string>>;
}

/** Starts to answer at `path`. The folder's mode keeps others out even before the socket has its own. */
export async function serveDaemonSocket(path: string, services: DaemonServices): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(services, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, error instanceof LabError ? 400 : 500, inThreeLines(error));
    });
  });
  // A daemon that was killed has left its socket behind.
  rmSync(path, { force: true });
  await listenPrivately(server, path);
  return server;
}

async function answer(services: DaemonServices, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://daemon');
  const parameter = (name: string) => url.searchParams.get(name) ?? undefined;
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /snapshot':
      return sendJson(response, 200, services.snapshots.current());
    case 'GET /snapshots':
      return streamSnapshots(services.snapshots, response);
    case 'GET /netns':
      return sendJson(response, 200, { netns: services.netnsOf(parameter('name') ?? '') });
    case 'GET /exec': {
      const argv = JSON.parse(parameter('argv') ?? '[]') as [string, ...string[]];
      return sendJson(response, 200, await services.exec(parameter('name') ?? '', argv, parameter('container')));
    }
    case 'POST /proxy-mode': {
      const [node, strict, scheduler] = ['node', 'strict', 'scheduler'].map(parameter);
      const nodes = await services.switchProxyMode({
        mode: parameter('mode') ?? '',
        node,
        scheduler,
        ...(strict === undefined ? {} : { strict: strict === 'true' }),
      });
      return sendJson(response, 200, { nodes });
    }
    case 'POST /kube-proxy': {
      const is = parameter('is') === 'stopped' ? 'stopped' : 'running';
      return sendJson(response, 200, await services.runKubeProxy({ is, node: parameter('node') }));
    }
    case 'GET /missing': {
      const ids = JSON.parse(parameter('ids') ?? '[]') as string[];
      return sendJson(response, 200, await services.missing(ids));
    }
    case 'GET /links':
      return sendJson(response, 200, services.links.list());
    case 'POST /link': {
      const change = JSON.parse(parameter('change') ?? '{}') as LinkChange;
      return sendJson(response, 200, await services.links.change(parameter('name') ?? '', change));
    }
    case 'POST /programmed':
      await services.programmed(Number(parameter('timeoutMs') ?? 10_000));
      return sendJson(response, 200, {});
    default:
      throw new LabError({
        what: `the daemon knows no ${request.method} ${url.pathname}`,
        why: 'this command and the lab may be of different versions of podwire',
        remedy: 'remove the lab with `podwire down` and build it anew',
      });
  }
}

function streamSnapshots(feed: SnapshotFeed, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/jsonl' });
  const send = (snapshot: LabSnapshot) => {
    // A reader that does not keep up misses pictures, not the latest one: the next change sends it again.
    if (!response.writableNeedDrain) response.write(`${JSON.stringify(snapshot)}\n`);
  };
  response.on('drain', () => feed.changed());
  response.once('close', feed.subscribe(send));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function inThreeLines(error: unknown): LabErrorText {
  if (error instanceof LabError) return describeError(error);
  const full = describeFullDisk(error);
  if (full !== undefined) return full;
  return {
    what: 'the lab could not do it',
    why: error instanceof Error ? error.message : String(error),
    remedy: 'see daemon.log in the lab’s folder under /run/podwire',
  };
}

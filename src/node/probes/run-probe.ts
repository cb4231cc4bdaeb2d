/** One run of a probe, with the words Kubernetes reports a failure in. All but exec start in the node's namespace. */

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { NamespaceSockets, Netns } from '../../kernel/kernel.ts';
import { hostPort } from '../../net/host-port.ts';
import { timerMs } from '../../objects/timer.ts';
import type { Container, Probe } from '../../objects/wire.ts';
import { collectExec } from '../runtime/collect-exec.ts';
import type { RunningContainer } from '../runtime/container-runtime.ts';
import { probeGrpc } from './probe-grpc.ts';

export interface ProbeTarget {
  readonly sockets: NamespaceSockets;
  /** The node's namespace. */
  readonly netns: Netns;
  readonly podIp: string;
  readonly container: Container;
  readonly instance: RunningContainer;
}

type HttpGet = NonNullable<Probe['httpGet']>;
/** A body longer than this is not shown. */
const SHOWN_CHARACTERS = 10 * 1024;

/** Undefined when the probe succeeds; else why it failed. */
export async function runProbe(target: ProbeTarget, probe: Probe): Promise<string | undefined> {
  const timeoutMs = timerMs((probe.timeoutSeconds ?? 1) * 1000);
  if (probe.exec !== undefined) return probeExec(target, probe.exec.command ?? [], timeoutMs);
  if (probe.httpGet !== undefined) return probeHttp(target, probe.httpGet, timeoutMs);
  if (probe.tcpSocket !== undefined) {
    const host = probe.tcpSocket.host ?? target.podIp;
    return probeTcp(target, host, portOf(target.container, probe.tcpSocket.port), timeoutMs);
  }
  if (probe.grpc !== undefined) return probeGrpc(target, probe.grpc.port, probe.grpc.service ?? '', timeoutMs);
  return 'a probe without an action';
}

/** A port by number or by its name among the container's ports; undefined for an unknown name. */
export function portOf(container: Container, port: unknown): number | undefined {
  if (typeof port === 'number') return port;
  const byName = container.ports?.find(({ name }) => name === port)?.containerPort;
  return byName ?? (/^\d+$/.test(String(port)) ? Number(port) : undefined);
}

async function probeExec(
  { instance }: ProbeTarget,
  command: readonly string[],
  timeoutMs: number,
): Promise<string | undefined> {
  const [program, ...args] = command;
  if (program === undefined) return 'exec probe without a command';
  const session = await instance.exec([program, ...args], { stdin: false, tty: false });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    session.kill();
  }, timeoutMs);
  const { exitCode, output } = await collectExec(session);
  clearTimeout(timer);
  if (timedOut) return `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutMs / 1000}s`;
  return exitCode === 0 ? undefined : output.slice(0, SHOWN_CHARACTERS).trimEnd();
}

function probeTcp(
  { sockets, netns }: ProbeTarget,
  host: string,
  port: number | undefined,
  timeoutMs: number,
): Promise<string | undefined> {
  if (port === undefined) return Promise.resolve("couldn't find port of that name");
  return new Promise((resolve) => {
    const socket = sockets.connect(netns, { host, port });
    const finish = (failure?: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure);
    };
    const timer = setTimeout(() => finish(`dial tcp ${hostPort(host, port)}: i/o timeout`), timeoutMs);
    socket.once('connect', () => finish());
    socket.once('error', (error) => finish(dialError(host, port, error)));
  });
}

/** A GET that succeeds with a status from 200 to 399; also what a lifecycle hook does. */
export function probeHttp(target: ProbeTarget, http: HttpGet, timeoutMs: number): Promise<string | undefined> {
  const host = http.host ?? target.podIp;
  const port = portOf(target.container, http.port);
  if (port === undefined) return Promise.resolve(`couldn't find port: ${JSON.stringify(http.port)}`);
  const isTls = http.scheme === 'HTTPS';
  const path = http.path === undefined || http.path === '' ? '/' : http.path;
  const url = `${isTls ? 'https' : 'http'}://${hostPort(host, port)}${path.startsWith('/') ? '' : '/'}${path}`;
  return new Promise((resolve) => {
    const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', connection: 'close', accept: '*/*' };
    for (const { name, value } of http.httpHeaders ?? []) headers[name.toLowerCase()] = value;
    const open = () => target.sockets.connect(target.netns, { host, port });
    // A probe does not check certificates, as the kubelet's does not.
    // Node asks createConnection only when there is no agent; `agent: false` would make one, and connect outside the namespace.
    const createConnection = () =>
      (isTls ? tlsConnect({ socket: open(), rejectUnauthorized: false }) : open()) as Socket;
    let outgoing: ReturnType<typeof httpRequest>;
    const finish = (failure?: string) => {
      clearTimeout(timer);
      outgoing?.destroy();
      resolve(failure);
    };
    const timer = setTimeout(
      () => finish(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
      timeoutMs,
    );
    try {
      outgoing = (isTls ? httpsRequest : httpRequest)(url, { headers, createConnection });
    } catch (error) {
      // A path or header the spec allows and HTTP does not.
      finish(`Get "${url}": ${(error as Error).message}`);
      return;
    }
    outgoing.once('error', (error) => finish(`Get "${url}": ${dialError(host, port, error)}`));
    outgoing.once('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      finish(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`);
    });
    outgoing.end();
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
};

function dialError(host: string, port: number, error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET') return 'read: connection reset by peer';
  return `dial tcp ${hostPort(host, port)}: ${WORDS[error.code ?? ''] ?? error.message}`;
}

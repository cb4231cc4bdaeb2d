/** `exec` and `attach`: what the query asks for, and the session on the pod's node. The protocol is not known here. */
import type { ObjectRequest } from '../http/resource-request.ts';
import { isTrue } from '../http/watch-handler.ts';
import type { ExecSession } from '../kubelet-connector.ts';
import { badRequest } from '../status-error.ts';
import { podContainer } from './pod-container.ts';
import type { WantedStreams } from './spdy-peer.ts';

export interface StreamTarget {
  readonly wanted: WantedStreams;
  /** Starts the session. Rejects with what the kubelet answers. */
  open(): Promise<ExecSession>;
}

/** What the request is for. Throws NotFound and BadRequest. */
export function streamTarget(request: ObjectRequest): StreamTarget {
  const { core, kubelets, definition, exchange, namespace, name, path } = request;
  const { query } = exchange;
  const container = podContainer(core, definition, { namespace, name }, query.get('container'));
  if (container.node === '') throw badRequest(`pod ${name} does not have a host assigned`);
  const wanted = wantedStreams(query);
  const streams = { ...container, stdin: wanted.stdin, tty: wanted.tty };
  if (path.subresource === 'attach') return { wanted, open: () => kubelets.attach(streams) };
  const command = query.getAll('command');
  if (command.length === 0) throw badRequest('you must specify at least one command for the container');
  return { wanted, open: () => kubelets.exec({ ...streams, command: command as [string, ...string[]] }) };
}

function wantedStreams(query: URLSearchParams): WantedStreams {
  const [stdin, stdout, stderr, tty] = (['stdin', 'stdout', 'stderr', 'tty'] as const).map((name) =>
    isTrue(query.get(name)),
  ) as [boolean, boolean, boolean, boolean];
  if (!stdin && !stdout && !stderr) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return { stdin, stdout, stderr, tty };
}

/** A stream request that does not ask to upgrade the connection; what is wrong with its target is said first. */
export async function handleUnupgradedStream(request: ObjectRequest): Promise<void> {
  streamTarget(request);
  throw badRequest('Upgrade request required');
}

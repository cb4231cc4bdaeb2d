/** `exec` and `attach`: what the query asks for, and the session on the pod's node. The protocol is not known here. */
import type { ObjectRequest } from '../http/resource-request.ts';
import { isTrue } from '../http/watch-handler.ts';
import type { ExecSession } from '../kubelet-connector.ts';
import { badRequest } from '../status-error.ts';
import { podContainer } from './pod-container.ts';

export interface StreamTarget {
  /** Starts the session. Rejects with what the kubelet answers. */
  open(): Promise<ExecSession>;
}

/** What the request is for. Throws NotFound and BadRequest. */
export function streamTarget(request: ObjectRequest): StreamTarget {
  const { core, kubelets, definition, exchange, namespace, name, path } = request;
  const { query } = exchange;
  const container = podContainer(core, definition, { namespace, name }, query.get('container'));
  if (container.node === '') throw badRequest(`pod ${name} does not have a host assigned`);
  const streams = { ...container, ...wantedStreams(query) };
  if (path.subresource === 'attach') return { open: () => kubelets.attach(streams) };
  const command = query.getAll('command');
  if (command.length === 0) throw badRequest('you must specify at least one command for the container');
  return { open: () => kubelets.exec({ ...streams, command: command as [string, ...string[]] }) };
}

function wantedStreams(query: URLSearchParams): { stdin: boolean; tty: boolean } {
  const [stdin, stdout, stderr, tty] = ['stdin', 'stdout', 'stderr', 'tty'].map((name) => isTrue(query.get(name)));
  if (!stdin && !stdout && !stderr) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return { stdin: stdin!, tty: tty! };
}

/** A stream request that does not ask to upgrade the connection; what is wrong with its target is said first. */
export async function handleUnupgradedStream(request: ObjectRequest): Promise<void> {
  streamTarget(request);
  throw badRequest('Upgrade request required');
}

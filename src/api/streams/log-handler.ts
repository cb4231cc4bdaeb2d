/** `pods/NAME/log`: what the kubelet of the pod's node gives, passed on as it comes. */
import { pipeline } from 'node:stream/promises';
import { sendText } from '../http/exchange.ts';
import { countParameter } from '../http/list-page.ts';
import type { ObjectRequest } from '../http/resource-request.ts';
import { isTrue } from '../http/watch-handler.ts';
import type { LogRequest } from '../kubelet-connector.ts';
import { badRequest } from '../status-error.ts';
import { podContainer } from './pod-container.ts';

export async function handleLog({
  core,
  kubelets,
  definition,
  exchange,
  namespace,
  name,
}: ObjectRequest): Promise<void> {
  const { query, response } = exchange;
  const container = podContainer(core, definition, { namespace, name }, query.get('container'));
  // A pod without a node has written nothing yet.
  if (container.node === '') return sendText(exchange, 200, '');
  const logs = await kubelets.logs({ ...container, ...logOptions(query) });
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  // Either end may go first: a client that has seen enough is no error of ours.
  await pipeline(logs, response).catch(() => logs.destroy());
}

/** What the query of a log request asks for; also the kubelet's own. Throws BadRequest. */
export function logOptions(query: URLSearchParams): Omit<LogRequest, 'node' | 'namespace' | 'pod' | 'container'> {
  const tailLines = countParameter(query, 'tailLines');
  const limitBytes = countParameter(query, 'limitBytes');
  const sinceSeconds = countParameter(query, 'sinceSeconds') ?? secondsSince(query.get('sinceTime'));
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
  };
}

function secondsSince(time: string | null): number | undefined {
  if (time === null || time === '') return undefined;
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw badRequest(`parsing time ${JSON.stringify(time)} as "2006-01-02T15:04:05Z07:00"`);
  return Math.max(0, Math.ceil((Date.now() - at) / 1000));
}

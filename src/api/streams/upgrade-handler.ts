/** Requests to upgrade a connection: what is wrong with their target is told in plain HTTP, before the handshake. */
import type { Duplex } from 'node:stream';
import type { ObjectRequest } from '../http/resource-request.ts';
import { upgradeProxy } from '../proxy/upgrade-proxy.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { pathNotFound } from '../status-error.ts';
import { servePortForward } from './port-forward/serve-port-forward.ts';
import { serveRemoteCommand } from './serve-remote-command.ts';

type Subresource = ResourceDefinition['subresources'][number];
/** Returns when the handshake is made. Throws before it only. */
type UpgradeHandler = (request: ObjectRequest, socket: Duplex, head: Buffer) => Promise<void>;

const HANDLERS: Partial<Record<Subresource, UpgradeHandler>> = {
  exec: serveRemoteCommand,
  attach: serveRemoteCommand,
  portforward: servePortForward,
  proxy: upgradeProxy,
};

/** Serves the subresources that are streams. Throws before the handshake only; 404 for the others. */
export async function handleUpgrade(request: ObjectRequest, socket: Duplex, head: Buffer): Promise<void> {
  const { subresource } = request.path;
  const served = request.definition.subresources.find((found) => found === subresource);
  const handler = served === undefined ? undefined : HANDLERS[served];
  if (handler === undefined) throw pathNotFound();
  await handler(request, socket, head);
}

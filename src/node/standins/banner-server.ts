/** The stand-in of databases and brokers: greets whoever connects with one line and holds the connection. */
import { createServer } from 'node:net';
import { clientAddress } from './http-server.ts';
import { imageName, resolveImage } from './images.ts';
import { listenTcp, openAll } from './server-sockets.ts';
import type { StandIn, StandInContext } from './stand-in.ts';

/** The banner on the container's TCP ports, or on those of the image table. */
export function startBannerServer(context: StandInContext): Promise<StandIn> {
  const { behaviour } = resolveImage(context.image);
  const declared = context.ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port);
  const known = 'standIn' in behaviour && behaviour.standIn === 'banner' ? behaviour.ports : [];
  const { pod } = context;
  const place = pod.namespace === '' ? `host ${pod.name}` : `pod ${pod.namespace}/${pod.name} on ${pod.node}`;
  const banner = `${imageName(context.image)} stand-in, ${place}\n`;
  return openAll(
    [...new Set([...declared, ...known])].map((port) => {
      const server = createServer((socket) => {
        socket.write(banner);
        // What a client says is read and dropped, so that its end is noticed.
        socket.resume();
        context.log(`connection from ${clientAddress({ socket })}`);
      });
      return listenTcp(context, server, port);
    }),
  );
}

/**
 * Sockets that live in a namespace although this process holds them. A socket belongs to the namespace it is made in,
 * so it is made and bound within the window and handed to Node as a descriptor. Node's own `listen(port, host)`,
 * `dgram.bind(port)` and `net.connect()` make theirs later, outside. See
 * docs/decisions/0002-sockets-in-many-namespaces.md.
 */
import { createSocket, type SocketOptions } from 'node:dgram';
import { Socket } from 'node:net';
import { hostPort } from '../net/host-port.ts';
import { type Ip, ipBytes, parseIp } from '../net/ip.ts';
import type { NamespaceSockets, Netns } from './kernel.ts';
import { bindSocket, closeDescriptor, openSocket, reuseAddress, socketAddress } from './libc.ts';
import { within } from './namespace-window.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

export const namespaceSockets: NamespaceSockets = {
  async listen(netns, server, address) {
    const fd = openBound(netns, 'tcp', address);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ fd }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  },

  async bindUdp(netns, address) {
    const { family } = ipOf(address.host);
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', lookup: addressItself });
    const fd = openBound(netns, 'udp', address);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      // 'listening' comes before bind returns: the listener has to be there already.
      socket.once('listening', () => {
        socket.off('error', reject);
        resolve();
      });
      socket.bind({ fd, exclusive: true });
    });
    return socket;
  },

  connect(netns, address) {
    let socket: Socket;
    try {
      const { family } = ipOf(address.host);
      socket = new Socket({ fd: within(netns, () => openSocket('tcp', family)) });
    } catch (error) {
      return new Socket().destroy(error as Error);
    }
    return socket.connect({ host: address.host, port: address.port });
  },
};

/** What a datagram is sent to is an address already; Node's own look-up would put each one off to a later turn. */
const addressItself: NonNullable<SocketOptions['lookup']> = (host, _options, done) => {
  done(null, host, ipOf(host).family);
};

/** A bound socket in `netns`, owned by the caller. */
function openBound(netns: Netns, transport: 'tcp' | 'udp', { host, port }: Address): number {
  const ip = ipOf(host);
  return within(netns, () => {
    const fd = openSocket(transport, ip.family);
    try {
      const isTcp = transport === 'tcp';
      // For any port it is set afterwards: the kernel looks for one that may be shared in half of them first, and with
      // 7,000 listeners finds none there at 2 ms each time (inet_csk_find_open_port).
      if (isTcp && port !== 0) reuseAddress(fd);
      bindSocket(fd, socketAddress(ipBytes(ip), port), hostPort(host, port));
      if (isTcp && port === 0) reuseAddress(fd);
      return fd;
    } catch (error) {
      closeDescriptor(fd);
      throw Object.assign(error as Error, { address: host, port });
    }
  });
}

/** Names would be resolved later and elsewhere: only addresses are taken. */
function ipOf(host: string): Ip {
  const ip = parseIp(host);
  if (ip === undefined)
    throw new RangeError(`a socket in a namespace needs an IP address, not ${JSON.stringify(host)}`);
  return ip;
}

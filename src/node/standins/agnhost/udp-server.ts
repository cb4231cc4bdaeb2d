/** The UDP side of agnhost's behaviours: answers the commands `hostname`, `echo TEXT`, `clientip`, `serverport`. */
import { hostPort, unmapped, wildcardFor } from '../../../net/host-port.ts';
import type { Closer } from '../server-sockets.ts';
import type { StandInContext } from '../stand-in.ts';

/** What to answer a datagram; undefined: nothing. */
export type UdpAnswer = (text: string, client: string) => string | undefined;

/** A UDP socket in the pod's namespace that answers each datagram. */
export async function listenUdp(
  context: Pick<StandInContext, 'sockets' | 'netns' | 'pod'>,
  port: number,
  answer: UdpAnswer,
): Promise<Closer> {
  const socket = await context.sockets.bindUdp(context.netns, { host: wildcardFor(context.pod.ips), port });
  socket.on('message', (message, { address, port: clientPort }) => {
    const reply = answer(message.toString().trim(), hostPort(unmapped(address), clientPort));
    // A client that cannot be reached any more is no failure of the server's.
    if (reply !== undefined) socket.send(reply, clientPort, address, () => undefined);
  });
  socket.on('error', () => undefined);
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= new Promise((resolve) => void socket.close(() => resolve()));
    return closed;
  };
}

/** The answers of netexec. */
export function netexecAnswers(hostname: string, port: number): UdpAnswer {
  return (text, client) => {
    const [command = ''] = text.split(' ', 1);
    switch (command.toLowerCase()) {
      case 'hostname':
        return hostname;
      case 'echo':
        return text.slice(command.length + 1);
      case 'clientip':
        return client;
      case 'serverport':
        return String(port);
      default:
        return undefined;
    }
  };
}

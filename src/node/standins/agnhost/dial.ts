/** netexec's `/dial`: asks another server from inside the pod, over HTTP or UDP, and tells what it said. */
import { request } from 'node:http';
import { wildcardFor } from '../../../net/host-port.ts';
import type { StandInContext } from '../stand-in.ts';

export interface DialRequest {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  /** The path (HTTP) or the datagram (UDP). */
  readonly request: string;
  readonly tries: number;
}

const ANSWER_WITHIN_MS = 5_000;

/** The JSON netexec answers: `responses` and `errors`, one entry a try. */
export async function dial(context: StandInContext, target: DialRequest): Promise<object> {
  const responses: string[] = [];
  const errors: string[] = [];
  const once = target.protocol === 'udp' ? askUdp : askHttp;
  for (let attempt = 0; attempt < target.tries; attempt += 1) {
    try {
      responses.push(await once(context, target));
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  return { ...(responses.length > 0 ? { responses } : {}), ...(errors.length > 0 ? { errors } : {}) };
}

/** One GET with a connection of its own, so that each try is balanced anew. */
function askHttp({ sockets, netns }: StandInContext, target: DialRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const { host, port } = target;
    const outgoing = request({
      host,
      port,
      path: `/${target.request.replace(/^\//, '')}`,
      timeout: ANSWER_WITHIN_MS,
      // Asked for each request, since no agent is given; `agent: false` would connect outside the namespace.
      createConnection: () => sockets.connect(netns, { host, port }),
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('i/o timeout')));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    outgoing.end();
  });
}

async function askUdp({ sockets, netns }: StandInContext, target: DialRequest): Promise<string> {
  const socket = await sockets.bindUdp(netns, { host: wildcardFor([target.host]), port: 0 });
  try {
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('i/o timeout')), ANSWER_WITHIN_MS);
      const settle = (action: () => void) => {
        clearTimeout(timer);
        action();
      };
      socket.once('message', (message) => settle(() => resolve(message.toString())));
      socket.once('error', (error) => settle(() => reject(error)));
      socket.send(target.request, target.port, target.host, (error) => {
        if (error) settle(() => reject(error));
      });
    });
  } finally {
    socket.close();
  }
}

/** Names, asked for over UDP. */
import { decode, encode } from 'dns-packet';
import type { Kernel, Netns } from '../../../src/kernel/kernel.ts';
import type { IpFamily } from '../../../src/net/ip.ts';

export interface DnsPlace {
  readonly netns: Netns;
  /** Address of the DNS server. */
  readonly server: string;
  readonly withinMs: number;
}

/** The addresses of a name, or `CNAME target`; else the response code, or `silence`. */
export async function lookUp(
  kernel: Kernel,
  { netns, server, withinMs }: DnsPlace,
  { name, family }: { readonly name: string; readonly family: IpFamily },
): Promise<string[]> {
  const socket = await kernel.sockets.bindUdp(netns, { host: '0.0.0.0', port: 0 });
  try {
    const answer = await new Promise<Buffer | undefined>((resolve) => {
      setTimeout(resolve, withinMs, undefined).unref();
      socket.on('message', resolve);
      const question = { type: family === 4 ? 'A' : 'AAAA', name } as const;
      socket.send(encode({ type: 'query', id: 1, questions: [question] }), 53, server);
    });
    if (answer === undefined) return ['silence'];
    const { answers = [], rcode } = decode(answer) as ReturnType<typeof decode> & { rcode: string };
    const alias = answers.find(({ type }) => type === 'CNAME');
    if (alias?.type === 'CNAME') return [`CNAME ${alias.data}`];
    const addresses = answers.flatMap((record) => (record.type === 'A' || record.type === 'AAAA' ? [record.data] : []));
    return addresses.length > 0 ? addresses : [rcode];
  } finally {
    socket.close();
  }
}

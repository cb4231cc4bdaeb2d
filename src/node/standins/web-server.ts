/** The web server stand-in: answers every request with who it is, so that a Service's choice of pod can be seen. */
import { hostPort } from '../../net/host-port.ts';
import { familyOf } from '../../net/ip.ts';
import { clientAddress, listenHttp } from './http-server.ts';
import { resolveImage } from './images.ts';
import { openAll } from './server-sockets.ts';
import type { StandIn, StandInContext } from './stand-in.ts';

/** HTTP on the container's TCP ports, or on those of the image table. */
export function startWebServer(context: StandInContext): Promise<StandIn> {
  const declared = context.ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port);
  const ports = declared.length > 0 ? declared : defaultPorts(context.image);
  const { pod } = context;
  const fixed = textArgument(context.args);
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-pod': pod.name, 'x-node': pod.node };
  return openAll(
    ports.map((port) =>
      listenHttp(context, port, (request, response) => {
        const client = clientAddress(request);
        response.writeHead(200, headers);
        response.end(
          fixed ??
            [
              `pod: ${pod.name}`,
              `namespace: ${pod.namespace}`,
              `node: ${pod.node}`,
              `address: ${hostPort(addressFor(pod.ips, client), port)}`,
              `client: ${client}`,
              `request: ${request.method} ${request.url}`,
              '',
            ].join('\n'),
        );
        context.log(`${client} "${request.method} ${request.url} HTTP/${request.httpVersion}" 200`);
      }),
    ),
  );
}

function defaultPorts(image: string): readonly number[] {
  const { behaviour } = resolveImage(image);
  return 'standIn' in behaviour && behaviour.standIn === 'web' ? behaviour.ports : [80];
}

/** The pod's address of the family its client speaks. */
function addressFor(ips: readonly string[], client: string): string {
  return ips.find((ip) => (familyOf(ip) === 6) === client.startsWith('[')) ?? ips[0] ?? '';
}

/** What hashicorp's http-echo is told to answer (`-text=hello`). */
function textArgument(args: readonly string[]): string | undefined {
  const text = args.find((argument) => /^--?text=/.test(argument));
  return text === undefined ? undefined : `${text.slice(text.indexOf('=') + 1)}\n`;
}

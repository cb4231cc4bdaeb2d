/**
 * The program of the Ingress controller's pod: HAProxy and, beside it, the controller that keeps it. Reaches the API as every pod does, by
 * its service account.
 *
 *   ingress --controller NAME --publish-service NAMESPACE/NAME
 *
 * SIGTERM: it is not ready any more, serves on for as long as endpoints take to be told so, then serves what there is to its end.
 */

import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createOwnCertificate } from '../api/tls/certificates.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import { RemoteTransport } from '../client/remote-transport.ts';
import { Haproxy } from '../haproxy/haproxy.ts';
import { startProcess } from '../kernel/start-process.ts';
import { hostPort } from '../net/host-port.ts';
import type { Logger } from '../objects/component.ts';
import { IngressController } from './ingress-controller.ts';
import { HEALTHZ_PORT, HTTP_PORT, HTTPS_PORT } from './ingress-objects.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const DIRECTORY = '/run/haproxy';
const COMPONENT = 'haproxy-ingress-controller';
/** How long endpoints may take to follow a pod that is going. */
const LEAVING_MS = 1_000;

const { values } = parseArgs({
  options: { controller: { type: 'string' }, 'publish-service': { type: 'string' } },
});

const print = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
  const rest = Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  process.stdout.write(`${new Date().toISOString()} ${level} ${message}${rest.join('')}\n`);
};
const log: Logger = { info: print('INFO'), warn: print('WARN'), error: print('ERROR') };

const { KUBERNETES_SERVICE_HOST = '', KUBERNETES_SERVICE_PORT = '443' } = process.env;
const transport = new RemoteTransport({
  server: `https://${hostPort(KUBERNETES_SERVICE_HOST, Number(KUBERNETES_SERVICE_PORT))}`,
  ca: readFileSync(`${ACCOUNT}/ca.crt`, 'utf8'),
  // Read anew each time: projected tokens are renewed in place.
  token: () => readFileSync(`${ACCOUNT}/token`, 'utf8').trim(),
  userAgent: COMPONENT,
});
mkdirSync(DIRECTORY, { recursive: true, mode: 0o700 });
const haproxy = new Haproxy({ spawn: (argv) => startProcess(argv), directory: DIRECTORY, log });
const { cert, key } = createOwnCertificate('Kubernetes Ingress Controller Fake Certificate', ['ingress.local']);
const controller = new IngressController({
  transport,
  haproxy,
  recorder: new EventRecorder(transport, { component: COMPONENT, onError: (error) => log.warn(String(error)) }),
  log,
  controller: values.controller ?? '',
  publishService: values['publish-service'] ?? '',
  config: { ownCertificate: cert + key, http: HTTP_PORT, https: HTTPS_PORT },
});

let isLeaving = false;
createServer((request, response) => {
  const isReady = request.url === '/healthz' ? controller.isServing && !isLeaving : false;
  response.writeHead(isReady ? 200 : request.url === '/healthz' ? 503 : 404).end(isReady ? 'ok' : 'not ready');
}).listen(HEALTHZ_PORT);

async function leave(): Promise<void> {
  if (isLeaving) return;
  isLeaving = true;
  await sleep(LEAVING_MS);
  await controller.stop();
  await haproxy.drain();
  process.exit(0);
}
process.on('SIGTERM', () => void leave());
process.on('SIGINT', () => void leave());

await controller.start();
log.info('serving');

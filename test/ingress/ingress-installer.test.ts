import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createApiCore } from '../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../src/api/in-process-transport.ts';
import { IngressInstaller } from '../../src/ingress/ingress-installer.ts';
import { ingressClass } from '../../src/ingress/ingress-objects.ts';
import {
  DEPLOYMENTS,
  EVENTS,
  INGRESS_CLASSES,
  INGRESSES,
  NAMESPACES,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../src/objects/resource.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const NAMESPACE = 'ingress-haproxy';
const KEY = { namespace: NAMESPACE, name: 'ingress-haproxy-controller' };

let transport: InProcessTransport;
let installer: IngressInstaller;
let missing: string | undefined;

const apply = (name: string, ingressClassName?: string) =>
  transport.create(INGRESSES, {
    metadata: { name, namespace: 'default' },
    spec: {
      ...(ingressClassName === undefined ? {} : { ingressClassName }),
      defaultBackend: { service: { name: 'web', port: { number: 80 } } },
    },
  });
const namespaces = async () => (await transport.list(NAMESPACES)).items.map(({ metadata }) => metadata?.name);

beforeEach(async () => {
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'PEM' }, { freeze: true });
  transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } });
  await transport.create(INGRESS_CLASSES, ingressClass());
  missing = undefined;
  installer = new IngressInstaller({ transport, program: ['/node', '/ingress'], missing: () => missing, log: quiet });
  await installer.start();
});

afterEach(() => installer.stop());

it('installs nothing before there is an Ingress of its class', async () => {
  await transport.create(INGRESS_CLASSES, { metadata: { name: 'other' }, spec: { controller: 'example.com/other' } });
  await apply('theirs', 'other');
  await installer.stop();
  expect(await namespaces()).toEqual(['default']);
});

it('installs the controller with the first Ingress, behind a load balancer', async () => {
  await apply('first');
  await vi.waitFor(() => expect(transport.get(DEPLOYMENTS, KEY)).resolves.toBeDefined());
  const { spec } = await transport.get(DEPLOYMENTS, KEY);
  const [container] = spec!.template.spec!.containers;
  expect(container).toMatchObject({
    command: ['/node', '/ingress'],
    args: ['--controller=podwire.dev/ingress-haproxy', '--publish-service=ingress-haproxy/ingress-haproxy-controller'],
  });
  const service = await transport.get(SERVICES, KEY);
  expect([service.spec?.type, service.spec?.ports?.map(({ port }) => port)]).toEqual(['LoadBalancer', [80, 443]]);
  expect(await transport.get(SERVICE_ACCOUNTS, KEY)).toBeDefined();
});

it('leaves what its user has changed, and makes again what is gone', async () => {
  await apply('first');
  await vi.waitFor(() => expect(transport.get(DEPLOYMENTS, KEY)).resolves.toBeDefined());
  await transport.patch(DEPLOYMENTS, KEY, 'merge', { spec: { replicas: 2 } });
  await transport.delete(SERVICES, KEY);
  await apply('second');
  await vi.waitFor(() => expect(transport.get(SERVICES, KEY)).resolves.toBeDefined());
  expect((await transport.get(DEPLOYMENTS, KEY)).spec?.replicas).toBe(2);
});

it('says on the Ingress why it cannot, where HAProxy is not installed', async () => {
  missing = 'HAProxy is not installed: apt-get install haproxy';
  await apply('first');
  await vi.waitFor(async () => {
    const { items } = await transport.list(EVENTS, { namespace: 'default' });
    expect(items.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([`ControllerMissing: ${missing}`]);
  });
  expect(await namespaces()).toEqual(['default']);
});

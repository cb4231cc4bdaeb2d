/** Watches over a link that is cut without a word: TCP's probes end them, and the informer goes on when the link is back. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, createApiServer } from '../../../src/api/api-server.ts';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import { Informer } from '../../../src/client/informer.ts';
import { RemoteTransport } from '../../../src/client/remote-transport.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../../src/objects/resource.ts';
import type { ConfigMap } from '../../../src/objects/wire.ts';
import { NO_KUBELETS } from '../../api/http/fixture.ts';
import { eventually } from '../node/lab-node.ts';
import { scratch } from '../scratch.ts';

const { kernel, create } = scratch();
const SERVER = '10.9.0.1';
const CLIENT = '10.9.0.2';
const TOKEN = 'secret';
/** Without a certificate the server goes by its loopback's names alone. */
const API = 'http://localhost:6443';

let left: string;
let right: string;
let server: ApiServer;
const listener = createServer();
const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'none' });
const inside = new InProcessTransport(core);

const configMap = (name: string) => inside.create(CONFIG_MAPS, { metadata: { name, namespace: 'default' } });
const link = (state: 'up' | 'down') => kernel.read(right, ['ip', 'link', 'set', 'eth0', state]);

/** Resolves when the informer's watch stands: it has brought a change. */
async function watching(informer: Informer<ConfigMap>, name: string): Promise<void> {
  await configMap(name);
  await eventually(async () => informer.get(`default/${name}`) !== undefined);
}

beforeAll(async () => {
  [left, right] = (await create(['cut-left', 'cut-right'])) as [string, string];
  await kernel.run(left, [
    {
      tool: 'ip',
      ops: [
        { op: 'link-add', name: 'eth0', up: true, link: { kind: 'veth', peer: { name: 'eth0', netns: right } } },
        { op: 'address-add', cidr: `${SERVER}/24`, device: 'eth0' },
      ],
    },
  ]);
  await kernel.run(right, [
    {
      tool: 'ip',
      ops: [
        { op: 'address-add', cidr: `${CLIENT}/24`, device: 'eth0' },
        { op: 'link-set', name: 'eth0', up: true },
      ],
    },
  ]);
  await inside.create(NAMESPACES, { metadata: { name: 'default' } });
  server = createApiServer({
    core,
    kubelets: NO_KUBELETS,
    tokens: [{ token: TOKEN, user: { username: 'kubelet', groups: ['system:masters'] } }],
    kubernetesVersion: 'v1.36.0',
  });
  await kernel.sockets.listen(left, listener, { host: SERVER, port: 6443 });
  server.attach(listener);
});

afterAll(() => {
  server?.close();
  listener.close();
});

describe('a watch whose link is cut', () => {
  it('is given up after the probes’ time, and resumes with what happened meanwhile', async () => {
    const errors: string[] = [];
    const transport = new RemoteTransport({
      server: API,
      token: TOKEN,
      keepAliveMs: 1_000,
      deadlineMs: 2_000,
      connect: () => kernel.sockets.connect(right, { host: SERVER, port: 6443 }),
    });
    const informer = new Informer(transport, CONFIG_MAPS, {
      onError: (error) => errors.push((error as Error).message),
    });
    const deleted: string[] = [];
    informer.onChange(({ type, object }) => {
      if (type === 'deleted') deleted.push(object.metadata?.name ?? '');
    });
    await configMap('before');
    await informer.start();
    await watching(informer, 'first');
    expect(informer.get('default/before')).toBeDefined();

    await link('down');
    await eventually(async () => errors.length > 0, 30_000);
    expect(errors[0]).toMatch(/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|aborted/);
    await configMap('meanwhile');
    await inside.delete(CONFIG_MAPS, { namespace: 'default', name: 'before' });
    expect(informer.get('default/meanwhile')).toBeUndefined();

    await link('up');
    await eventually(async () => informer.get('default/meanwhile') !== undefined, 20_000);
    expect(informer.get('default/before')).toBeUndefined();
    expect(deleted).toEqual(['before']);
    await configMap('after');
    await eventually(async () => informer.get('default/after') !== undefined);
    await informer.stop();
    transport.close();
  });

  it('that is cut for a moment only goes on as if nothing had been', async () => {
    const errors: unknown[] = [];
    const transport = new RemoteTransport({
      server: API,
      token: TOKEN,
      connect: () => kernel.sockets.connect(right, { host: SERVER, port: 6443 }),
    });
    const informer = new Informer(transport, CONFIG_MAPS, { onError: (error) => errors.push(error) });
    await informer.start();
    await watching(informer, 'second');
    await link('down');
    await configMap('unseen');
    await link('up');
    await eventually(async () => informer.get('default/unseen') !== undefined, 20_000);
    expect(errors).toEqual([]);
    await informer.stop();
    transport.close();
  });
});

/**
 * Random writes over real connections while the server is killed with SIGKILL at random moments: what it acknowledged is
 * there after the restart, what it did not is there whole or not at all.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RemoteTransport } from '../../../src/client/remote-transport.ts';
import {
  CONFIG_MAPS,
  IP_ADDRESSES,
  NAMESPACES,
  type ResourceType,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../../src/objects/resource.ts';
import { ApiError, type Transport } from '../../../src/objects/transport.ts';
import type { ApiObject, ConfigMap, Namespace, Service } from '../../../src/objects/wire.ts';

const ROUNDS = 12;
const WRITERS = 6;
const NAMES = 4;

let directory: string;
let server: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'podwire-crash-'));
});

afterEach(async () => {
  await kill();
  rmSync(directory, { recursive: true });
});

async function start(): Promise<Transport> {
  const program = join(import.meta.dirname, 'store-server.ts');
  const child = spawn(process.execPath, [program, join(directory, 'objects.db')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  server = child;
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return new RemoteTransport({
    server: `http://127.0.0.1:${port}`,
    token: 'token',
    connect: (host, at) => connect(at, host),
  });
}

async function kill(): Promise<void> {
  const child = server;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** What a name stands for: absent, or a value that both of its fields carry. */
type State = string | undefined;

interface Known {
  /** The last acknowledged state. */
  state: State;
  /** The state asked for by a write that was never answered. */
  asked?: { readonly state: State };
}

/** Resources whose objects carry a value twice, so that half a write would show. */
const KINDS: readonly {
  readonly type: ResourceType;
  build(name: string, value: string): ApiObject;
  read(object: ApiObject): State;
}[] = [
  {
    type: CONFIG_MAPS,
    build: (name, value): ConfigMap => ({
      metadata: { name, namespace: 'default' },
      data: { first: value, padding: 'x'.repeat(5_000), last: value },
    }),
    read: (object) => same((object as ConfigMap).data?.first, (object as ConfigMap).data?.last),
  },
  {
    type: SERVICES,
    build: (name, value): Service => ({
      metadata: { name, namespace: 'default', labels: { value } },
      spec: { ports: [{ port: 80 }], selector: { value } },
    }),
    read: (object) => same(object.metadata?.labels?.value, (object as Service).spec?.selector?.value),
  },
];

function same(first: State, last: State): State {
  expect(first).toBe(last);
  return first;
}

/** Writes at random until the server is gone. */
async function write(transport: Transport, writer: number, known: Map<string, Known>): Promise<number> {
  let acknowledged = 0;
  for (;;) {
    const kind = KINDS[randomInt(KINDS.length)]!;
    const name = `w${writer}-${randomInt(NAMES)}`;
    const key = `${kind.type.plural}/${name}`;
    const entry = known.get(key) ?? { state: undefined };
    known.set(key, entry);
    const value = `v${randomInt(1_000_000)}`;
    const object = { namespace: 'default', name };
    try {
      if (entry.state === undefined) {
        entry.asked = { state: value };
        await transport.create(kind.type, kind.build(name, value));
      } else if (randomInt(3) === 0) {
        entry.asked = { state: undefined };
        await transport.delete(kind.type, object);
      } else {
        entry.asked = { state: value };
        await transport.patch(kind.type, object, 'merge', kind.build(name, value));
      }
      entry.state = entry.asked.state;
      delete entry.asked;
      acknowledged += 1;
    } catch (error) {
      // Any answer at all would be a fault: each name has one writer.
      if (error instanceof ApiError) throw error;
      return acknowledged;
    }
  }
}

/** Compares the server's objects with what is known, and takes over what became of unanswered writes. */
async function compare(transport: Transport, known: Map<string, Known>): Promise<void> {
  for (const { type, read } of KINDS) {
    const { items } = await transport.list(type, { namespace: 'default' });
    const found = new Map(items.map((object) => [`${type.plural}/${object.metadata?.name}`, read(object)]));
    for (const [key, entry] of known) {
      if (!key.startsWith(`${type.plural}/`)) continue;
      const present = found.get(key);
      if (entry.asked === undefined || present !== entry.asked.state)
        expect([key, present]).toEqual([key, entry.state]);
      entry.state = present;
      delete entry.asked;
      found.delete(key);
    }
    found.delete('configmaps/kube-root-ca.crt');
    expect([...found]).toEqual([]);
  }
}

/** What the server writes along with an object is there with it, and only with it. */
async function expectWhole(transport: Transport): Promise<void> {
  const { items: services } = await transport.list<Service>(SERVICES);
  const { items: addresses } = await transport.list(IP_ADDRESSES);
  expect(addresses.map(({ metadata }) => metadata?.name).sort()).toEqual(
    services.map(({ spec }) => spec?.clusterIP).sort(),
  );
  const { items: namespaces } = await transport.list(NAMESPACES);
  const names = namespaces.map(({ metadata }) => metadata?.name).sort();
  const { items: accounts } = await transport.list(SERVICE_ACCOUNTS);
  expect(accounts.map(({ metadata }) => metadata?.namespace).sort()).toEqual(names);
}

/** The highest resourceVersion that a client can have seen. */
async function highestVersion(transport: Transport): Promise<number> {
  return Number((await transport.list(CONFIG_MAPS)).resourceVersion);
}

describe('kill -9 of the API server', { timeout: 120_000 }, () => {
  it('loses nothing that was acknowledged and keeps nothing by halves', async () => {
    const known = new Map<string, Known>();
    let transport = await start();
    await transport.create<Namespace>(NAMESPACES, { metadata: { name: 'default' } });
    let total = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await highestVersion(transport);
      const writers = Array.from({ length: WRITERS }, (_, index) => write(transport, index, known));
      const makeNamespaces = async () => {
        for (let index = 0; ; index += 1) {
          await transport.create<Namespace>(NAMESPACES, { metadata: { name: `n${round}-${index}` } });
        }
      };
      const spaces = makeNamespaces().catch((error: unknown) => {
        if (error instanceof ApiError) throw error;
      });
      // The moment is what varies; nothing is waited for.
      await new Promise((resolve) => setTimeout(resolve, randomInt(5, 250)));
      await kill();
      const [counts] = await Promise.all([Promise.all(writers), spaces]);
      total += counts.reduce((sum, count) => sum + count, 0);
      transport = await start();
      await compare(transport, known);
      await expectWhole(transport);
      // The same when it was killed before anything was written.
      expect(await highestVersion(transport)).toBeGreaterThanOrEqual(before);
    }
    // Otherwise nothing was tried.
    expect(total).toBeGreaterThan(ROUNDS * WRITERS);
  });

  it('a watch from before is told to list anew', async () => {
    let transport = await start();
    await transport.create<Namespace>(NAMESPACES, { metadata: { name: 'default' } });
    const resourceVersion = String(await highestVersion(transport));
    await kill();
    transport = await start();
    const watch = transport.watch(CONFIG_MAPS, { resourceVersion, signal: new AbortController().signal });
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });
});

import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiCore } from '../../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../../src/api/in-process-transport.ts';
import { Store } from '../../../src/api/store/store.ts';
import { StoreFile, StoreFileError } from '../../../src/api/store/store-file.ts';
import { CONFIG_MAPS, IP_ADDRESSES, NAMESPACES, PODS, SERVICE_CIDRS, SERVICES } from '../../../src/objects/resource.ts';
import type { ConfigMap, Service } from '../../../src/objects/wire.ts';

const REGISTRY = { serviceCIDRs: ['10.96.0.0/28'], certificateAuthority: 'PEM' };

let directory: string;
let path: string;
let open: StoreFile | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'podwire-store-'));
  path = join(directory, 'objects.db');
});

afterEach(() => {
  close();
  rmSync(directory, { recursive: true });
});

function close(): void {
  open?.close();
  open = undefined;
}

/** A server's core on a new file. */
function begin() {
  open = StoreFile.create(path);
  const core = createApiCore(REGISTRY, { writeAhead: open.keep });
  return { core, transport: new InProcessTransport(core) };
}

/** The same after a restart. */
function restart() {
  close();
  open = StoreFile.open(path);
  const core = createApiCore(REGISTRY, { writeAhead: open.keep, restored: open.restore() });
  return { core, transport: new InProcessTransport(core) };
}

const namespace = (name: string) => ({ metadata: { name } });
const service = (name: string, spec: object = {}): Service =>
  ({ metadata: { name, namespace: 'default' }, spec: { ports: [{ port: 80 }], ...spec } }) as Service;
const configMap = (name: string, value: string): ConfigMap =>
  ({ metadata: { name, namespace: 'default' }, data: { value } }) as ConfigMap;

describe('a store on a file', () => {
  it('comes back as it was, of mode 0600', async () => {
    const { transport } = begin();
    await transport.create(NAMESPACES, namespace('default'));
    await transport.create(SERVICES, service('kept'));
    await transport.create(SERVICES, service('gone'));
    await transport.delete(SERVICES, { namespace: 'default', name: 'gone' });
    const before = (await transport.list(SERVICES)).items;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const after = restart();
    expect((await after.transport.list(SERVICES)).items).toEqual(before);
    expect((await after.transport.list(IP_ADDRESSES)).items.map(({ metadata }) => metadata?.name)).toEqual([
      before[0]!.spec!.clusterIP,
    ]);
  });

  it('goes on with higher versions, and tells watches from before to list anew', async () => {
    const { core, transport } = begin();
    await transport.create(NAMESPACES, namespace('default'));
    await transport.create(CONFIG_MAPS, configMap('a', '1'));
    await transport.delete(CONFIG_MAPS, { namespace: 'default', name: 'a' });
    const last = core.store.revision;
    const after = restart();
    const created = await after.transport.create(CONFIG_MAPS, configMap('b', '1'));
    expect(Number(created.metadata!.resourceVersion)).toBeGreaterThan(last);
    const watch = after.transport.watch(CONFIG_MAPS, {
      resourceVersion: String(last),
      signal: new AbortController().signal,
    });
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('remembers what Services hold', async () => {
    const { transport } = begin();
    await transport.create(NAMESPACES, namespace('default'));
    await transport.create(SERVICE_CIDRS, { metadata: { name: 'more' }, spec: { cidrs: ['10.9.0.0/28'] } });
    await transport.create(SERVICES, service('a', { type: 'NodePort', clusterIP: '10.96.0.5' }));
    const { spec } = await transport.get(SERVICES, { namespace: 'default', name: 'a' });
    const after = restart();
    const create = (object: Service) => after.transport.create(SERVICES, object);
    await expect(create(service('b', { clusterIP: '10.96.0.5' }))).rejects.toThrow('already allocated');
    const ports = [{ port: 80, nodePort: spec!.ports![0]!.nodePort! }];
    await expect(create(service('c', { type: 'NodePort', ports }))).rejects.toThrow('already allocated');
    expect((await create(service('d', { clusterIP: '10.9.0.3' }))).spec?.clusterIP).toBe('10.9.0.3');
  });

  it('keeps the writes of one operation together, and takes them back together', async () => {
    const { core, transport } = begin();
    await transport.create(NAMESPACES, namespace('default'));
    const revision = core.store.revision;
    const failing = createApiCore(REGISTRY, {
      writeAhead: (changes) => {
        expect(changes.map(({ resource }) => resource)).toEqual(['services', 'ipaddresses.networking.k8s.io']);
        throw new Error('no space left');
      },
      restored: {
        revision,
        objects: [{ resource: 'namespaces', object: (await transport.list(NAMESPACES)).items[0]! }],
      },
    });
    const seen: string[] = [];
    failing.store.collection(SERVICES).subscribe(({ type }) => void seen.push(type));
    const refused = new InProcessTransport(failing);
    await expect(refused.create(SERVICES, service('a', { clusterIP: '10.96.0.5' }))).rejects.toThrow('no space left');
    expect((await refused.list(SERVICES)).items).toEqual([]);
    expect((await refused.list(IP_ADDRESSES)).items).toEqual([]);
    expect(failing.store.revision).toBe(revision);
    expect(seen).toEqual([]);
    // The address is free again: what refuses is the disk.
    await expect(refused.create(SERVICES, service('b', { clusterIP: '10.96.0.5' }))).rejects.toThrow('no space left');
  });

  it('equals the store in memory after any changes and restarts', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const change = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), name, value: fc.string() }),
      fc.record({ kind: fc.constant('remove' as const), name }),
      fc.record({ kind: fc.constant('restart' as const) }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        rmSync(path, { force: true });
        rmSync(`${path}-journal`, { force: true });
        open = StoreFile.create(path);
        let store = new Store({ writeAhead: open.keep });
        const model = new Map<string, string>();
        for (const step of changes) {
          const collection = store.collection(PODS);
          if (step.kind === 'restart') {
            close();
            open = StoreFile.open(path);
            store = new Store({ writeAhead: open.keep, restored: open.restore() });
          } else if (step.kind === 'put') {
            store.put(PODS, { metadata: { name: step.name, namespace: 'n', labels: { value: step.value } } } as never);
            model.set(step.name, step.value);
          } else {
            const present = collection.get('n', step.name);
            if (present !== undefined) store.remove(PODS, present.object);
            model.delete(step.name);
          }
          const found = store.collection(PODS).entries();
          expect(found.map(({ object }) => [object.metadata!.name, object.metadata!.labels!.value])).toEqual(
            [...model].sort(),
          );
        }
        close();
      }),
      { numRuns: 40 },
    );
  });
});

describe('a file that is not as it should be', () => {
  const filled = async () => {
    const { transport } = begin();
    await transport.create(NAMESPACES, namespace('default'));
    for (let index = 0; index < 50; index += 1) {
      await transport.create(CONFIG_MAPS, configMap(`map-${index}`, `mark-${index}-${'x'.repeat(500)}`));
    }
    close();
  };
  const refused = (message: string | RegExp) => {
    const look = () => new Store({ restored: StoreFile.open(path).restore() });
    expect(look).toThrow(StoreFileError);
    expect(look).toThrow(message);
  };

  it('is missing', () => refused('it is not there'));

  it('is cut short', async () => {
    await filled();
    truncateSync(path, Math.floor(statSync(path).size / 2));
    refused('it is damaged');
  });

  it('is empty', () => {
    writeFileSync(path, '');
    refused('it is no file of podwire’s');
  });

  it('is something else', () => {
    writeFileSync(path, 'objects\n'.repeat(1000));
    refused('this is no SQLite file');
    rmSync(path);
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE objects (revision INTEGER)');
    other.close();
    refused('it is no file of podwire’s');
  });

  it('is of another format', async () => {
    await filled();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 7');
    database.close();
    refused('its format is 7, this podwire reads 1');
  });

  it('has an object with a flipped bit', async () => {
    await filled();
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('mark-30')]! ^= 1;
    writeFileSync(path, bytes);
    refused(/is not what was written/);
  });

  it('is open in another process', () => {
    begin();
    expect(() => StoreFile.open(path)).toThrow('another process has it open');
  });
});

import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/api/managed-fields/compare.ts';
import { fieldsOf } from '../../../src/api/managed-fields/fields-of.ts';
import { configMap, POD, SERVICE, service, texts, tracking } from './fixture.ts';

function changes(before: object, after: object, type = SERVICE) {
  const { changed, removed } = compare(type, before, after);
  return { changed: texts(changed), removed: texts(removed) };
}

describe('compare', () => {
  it('tells the fields that were added, have another value, or are gone', () => {
    const before = service({ type: 'ClusterIP', externalName: 'x', sessionAffinity: 'None' });
    const after = service({ type: 'NodePort', sessionAffinity: 'None', clusterIP: '10.96.0.1' });
    expect(changes(before, after)).toEqual({
      changed: ['.spec.clusterIP', '.spec.type'],
      removed: ['.spec.externalName'],
    });
  });

  it('takes the elements of a map list by their keys, with the default of a key that is left out', () => {
    const before = service({
      ports: [
        { port: 53, protocol: 'TCP' },
        { port: 53, protocol: 'UDP', name: 'dns' },
      ],
    });
    const after = service({
      ports: [
        { port: 53, protocol: 'UDP', name: 'dns-udp' },
        { port: 53, protocol: 'TCP' },
      ],
    });
    expect(changes(before, after)).toEqual({ changed: ['.spec.ports[port=53,protocol="UDP"].name'], removed: [] });
    const bare = service({ ports: [{ port: 53 }] });
    const tcp = '.spec.ports[port=53,protocol="TCP"]';
    expect(changes(service({}), bare).changed).toEqual(['.spec.ports', tcp, `${tcp}.port`]);
  });

  it('what goes as a whole goes with all it holds', () => {
    const before = service({ ports: [{ port: 80, name: 'http' }] }, { labels: { app: 'x' } });
    const port = '.spec.ports[port=80,protocol="TCP"]';
    expect(changes(before, service({})).removed).toEqual([
      '.metadata.labels',
      '.metadata.labels.app',
      '.spec.ports',
      port,
      `${port}.name`,
      `${port}.port`,
    ]);
  });

  it('atomic lists and maps are one field', () => {
    expect(changes(service({ selector: { a: 'b' } }), service({ selector: { a: 'c' } })).changed).toEqual([
      '.spec.selector',
    ]);
    expect(changes(service({ externalIPs: ['1.1.1.1'] }), service({ externalIPs: ['2.2.2.2'] })).changed).toEqual([
      '.spec.externalIPs',
    ]);
  });

  it('sets of scalars are told apart by value', () => {
    const [before, after] = [service({}, { finalizers: ['a', 'b'] }), service({}, { finalizers: ['c', 'a'] })];
    expect(changes(before, after)).toEqual({
      changed: ['.metadata.finalizers[="c"]'],
      removed: ['.metadata.finalizers[="b"]'],
    });
  });

  it('structs that Go holds by value are nobody’s making; those behind pointers are', () => {
    const { changed } = changes({}, { spec: { containers: [{ name: 'a', image: 'x' }], securityContext: {} } }, POD);
    const container = '.spec.containers[name="a"]';
    expect(changed).toEqual([
      container,
      `${container}.image`,
      `${container}.name`,
      `${container}.resources`,
      '.spec.securityContext',
    ]);
  });

  it('elements that stand twice are one leaf', () => {
    const pod = (...env: object[]) => ({ spec: { containers: [{ name: 'a', env }] } });
    const twice = [
      { name: 'X', value: '1' },
      { name: 'X', value: '2' },
    ];
    const element = '.spec.containers[name="a"].env[name="X"]';
    expect(changes(pod(...twice), pod(...twice.toReversed()), POD).changed).toEqual([element]);
    expect(changes(pod(...twice), pod(...twice), POD).changed).toEqual([]);
    expect(changes(pod({ name: 'X', value: '1' }), pod(...twice), POD)).toEqual({
      changed: [element],
      removed: [element, `${element}.name`, `${element}.value`],
    });
    expect(changes(pod(...twice), pod({ name: 'X', value: '1' }), POD)).toEqual({
      changed: [element, `${element}.name`, `${element}.value`],
      removed: [element],
    });
  });

  it('keys of maps may be called as they like', () => {
    const { type } = tracking('ConfigMap');
    expect(changes(configMap({}), configMap({ constructor: 'x', toString: 'y' }), type).changed).toEqual([
      '.data.constructor',
      '.data.toString',
    ]);
  });

  it('claims are no fields', () => {
    const claimed = service({}, { managedFields: [{ manager: 'x', operation: 'Update', fieldsV1: {} }] });
    expect(changes(service({}), claimed)).toEqual({ changed: [], removed: [] });
  });
});

describe('the fields of a configuration', () => {
  it('are its leaves, the elements of its lists, and what it leaves empty', () => {
    const config = service(
      { selector: { a: 'b' }, ports: [{ port: 80, targetPort: 'http' }], sessionAffinityConfig: {} },
      { labels: { app: 'web' }, annotations: {} },
    );
    const port = '.spec.ports[port=80,protocol="TCP"]';
    expect(texts(fieldsOf(SERVICE, config))).toEqual([
      '.apiVersion',
      '.kind',
      '.metadata.annotations',
      '.metadata.labels.app',
      '.metadata.name',
      '.metadata.namespace',
      port,
      `${port}.port`,
      `${port}.targetPort`,
      '.spec.selector',
      '.spec.sessionAffinityConfig',
    ]);
  });

  it('a null is a statement too', () => {
    expect(texts(fieldsOf(SERVICE, { spec: { type: null, ports: null } }))).toEqual(['.spec.ports', '.spec.type']);
  });
});

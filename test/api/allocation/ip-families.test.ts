/** Families of Services on clusters of one family and of both: what Kubernetes' registry settles, and its words. */
import { describe, expect, it } from 'vitest';
import type { Service, ServiceSpec } from '../../../src/objects/wire.ts';
import { type Draft, Pipeline } from '../pipeline.ts';

const RANGES = {
  '4': ['10.96.0.0/16'],
  '6': ['fd00:10:96::/112'],
  '46': ['10.96.0.0/16', 'fd00:10:96::/112'],
  '64': ['fd00:10:96::/112', '10.96.0.0/16'],
};
type Cluster = keyof typeof RANGES;
const A4 = '10.96.0.20';
const A6 = 'fd00:10:96::20';

const service = (spec: ServiceSpec): Draft => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
});

/** `SingleStack 4`: the policy, and the families of `ipFamilies`; `+` when the addresses are of the same, `None` without. */
function shape(spec: ServiceSpec | undefined): string {
  const families = (spec?.ipFamilies ?? []).map((name) => name.slice(3)).join('');
  const addresses = (spec?.clusterIPs ?? [])
    .map((ip) => (ip === 'None' ? ' None' : ip.includes(':') ? '6' : '4'))
    .join('');
  expect(spec?.clusterIP).toBe(spec?.clusterIPs?.[0]);
  return `${spec?.ipFamilyPolicy} ${families}${addresses === families ? '' : addresses}`;
}

describe('the families of a new Service', () => {
  it.each<[Cluster, ServiceSpec, string]>([
    ['4', {}, 'SingleStack 4'],
    ['6', {}, 'SingleStack 6'],
    ['46', {}, 'SingleStack 4'],
    ['64', {}, 'SingleStack 6'],
    ['46', { ipFamilies: ['IPv6'] }, 'SingleStack 6'],
    ['64', { ipFamilies: ['IPv4'] }, 'SingleStack 4'],
    ['46', { clusterIP: A6 }, 'SingleStack 6'],
    ['4', { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack 4'],
    ['6', { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack 6'],
    ['46', { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack 46'],
    ['64', { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack 64'],
    ['46', { ipFamilyPolicy: 'RequireDualStack' }, 'RequireDualStack 46'],
    ['46', { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] }, 'RequireDualStack 64'],
    ['46', { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] }, 'RequireDualStack 64'],
    ['46', { ipFamilyPolicy: 'PreferDualStack', clusterIP: A6 }, 'PreferDualStack 64'],
    ['46', { ipFamilyPolicy: 'RequireDualStack', clusterIP: A4, clusterIPs: [A4, A6] }, 'RequireDualStack 46'],
    // Headless: with a selector as others, without one of both families whatever the cluster has.
    ['46', { clusterIP: 'None' }, 'SingleStack 4 None'],
    ['46', { clusterIP: 'None', ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack 46 None'],
    ['46', { clusterIP: 'None', selector: {} }, 'RequireDualStack 46 None'],
    ['4', { clusterIP: 'None', selector: {} }, 'RequireDualStack 46 None'],
    ['6', { clusterIP: 'None', selector: {} }, 'RequireDualStack 64 None'],
    ['64', { clusterIP: 'None', selector: {}, ipFamilies: ['IPv4'] }, 'RequireDualStack 46 None'],
    [
      '4',
      { clusterIP: 'None', selector: {}, ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' },
      'SingleStack 6 None',
    ],
  ])('on a cluster of %s: %o → %s', (cluster, spec, expected) => {
    const { object, errors } = new Pipeline(RANGES[cluster]).create<Service>(service(spec));
    expect(errors).toEqual([]);
    expect(shape(object.spec)).toBe(expected);
  });

  const NOT_DUAL =
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services';
  const SEVERAL = (what: string) =>
    `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;

  it.each<[Cluster, ServiceSpec, string[]]>([
    ['4', { ipFamilies: ['IPv6'] }, ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster']],
    ['6', { ipFamilies: ['IPv4'] }, ['spec.ipFamilies[0]: Invalid value: "IPv4": not configured on this cluster']],
    ['4', { clusterIP: A6 }, [`spec.clusterIPs[0]: Invalid value: ["${A6}"]: IPv6 is not configured on this cluster`]],
    ['4', { ipFamilyPolicy: 'RequireDualStack' }, [NOT_DUAL]],
    ['6', { ipFamilyPolicy: 'RequireDualStack' }, [NOT_DUAL]],
    [
      '4',
      { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] },
      [NOT_DUAL, 'spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster'],
    ],
    ['46', { ipFamilies: ['IPv4', 'IPv6'] }, [SEVERAL('IP families')]],
    ['46', { clusterIP: A4, clusterIPs: [A4, A6] }, [SEVERAL('cluster IPs')]],
    [
      '46',
      { ipFamilies: ['IPv6'], clusterIP: A4 },
      [`spec.clusterIPs[0]: Invalid value: "${A4}": expected an IPv6 value as indicated by \`ipFamilies[0]\``],
    ],
    ['46', { ipFamilies: ['IPv4', 'IPv4'] }, ['spec.ipFamilies[1]: Duplicate value: "IPv4"']],
    [
      '46',
      { ipFamilies: ['ipv4'] },
      ['spec.ipFamilies[0]: Unsupported value: "ipv4": supported values: "IPv4", "IPv6"'],
    ],
    [
      '46',
      { ipFamilyPolicy: 'DualStack' },
      [
        'spec.ipFamilyPolicy: Unsupported value: "DualStack": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
      ],
    ],
    [
      '46',
      { ipFamilyPolicy: 'RequireDualStack', clusterIP: A4, clusterIPs: [A4, '10.96.0.21'] },
      [`spec.clusterIPs: Invalid value: ["${A4}","10.96.0.21"]: may specify no more than one IP for each IP family`],
    ],
    [
      '46',
      { ipFamilyPolicy: 'RequireDualStack', clusterIPs: [A4, A6] },
      [`spec.clusterIPs: Invalid value: ["${A4}","${A6}"]: must be empty when \`clusterIP\` is not specified`],
    ],
    [
      '46',
      { ipFamilyPolicy: 'RequireDualStack', clusterIP: 'None', clusterIPs: ['None', A6] },
      [`spec.clusterIPs: Invalid value: ["None","${A6}"]: 'None' must be the first and only value`],
    ],
  ])('on a cluster of %s: %o is refused', (cluster, spec, expected) => {
    expect(new Pipeline(RANGES[cluster]).create(service(spec)).errors).toEqual(expected);
  });
});

describe('a change of a Service’s families', () => {
  /** Creates with the first spec, updates with the second laid over what was stored (undefined members are left out). */
  function change(cluster: Cluster, first: ServiceSpec, second: (stored: ServiceSpec) => ServiceSpec) {
    const pipeline = new Pipeline(RANGES[cluster]);
    const stored = pipeline.create<Service>(service(first)).object;
    const spec = JSON.parse(JSON.stringify({ ...stored.spec, ...second(stored.spec ?? {}) })) as ServiceSpec;
    const { object, errors } = pipeline.update<Service>(stored as Draft, { ...stored, spec } as Draft);
    return { pipeline, stored, object, errors };
  }

  it.each<[string, ServiceSpec, ServiceSpec, string]>([
    ['to both', {}, { ipFamilyPolicy: 'RequireDualStack' }, 'RequireDualStack 46'],
    ['to both where possible', {}, { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack 46'],
    [
      'to a second one by name',
      {},
      { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] },
      'RequireDualStack 46',
    ],
    ['to both from IPv6', { ipFamilies: ['IPv6'] }, { ipFamilyPolicy: 'RequireDualStack' }, 'RequireDualStack 64'],
    ['back to one', { ipFamilyPolicy: 'RequireDualStack' }, { ipFamilyPolicy: 'SingleStack' }, 'SingleStack 4'],
    [
      'of policy alone',
      { ipFamilyPolicy: 'RequireDualStack' },
      { ipFamilyPolicy: 'PreferDualStack' },
      'PreferDualStack 46',
    ],
    [
      'that leaves all out keeps all',
      { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] },
      { ipFamilyPolicy: undefined, ipFamilies: undefined, clusterIP: undefined, clusterIPs: undefined } as object,
      'RequireDualStack 64',
    ],
    [
      'by a client that knows clusterIP alone keeps all',
      { ipFamilyPolicy: 'RequireDualStack' },
      { ipFamilyPolicy: undefined, ipFamilies: undefined, clusterIPs: undefined } as object,
      'RequireDualStack 46',
    ],
    ['of a headless one, to the other family', { clusterIP: 'None' }, { ipFamilies: ['IPv6'] }, 'SingleStack 6 None'],
    [
      'to ExternalName and back takes the default',
      { type: 'ExternalName', externalName: 'a.example', ports: [] },
      { type: 'ClusterIP', ports: [{ port: 80 }] },
      'SingleStack 4',
    ],
  ])('%s', (_what, first, second, expected) => {
    const { stored, object, errors } = change('46', first, () => second);
    expect(errors).toEqual([]);
    expect(shape(object.spec)).toBe(expected);
    // The first address is for life.
    if (stored.spec?.clusterIP !== undefined) expect(object.spec?.clusterIP).toBe(stored.spec.clusterIP);
  });

  it('to one gives the second address back; a chosen second one is taken', () => {
    const { pipeline, stored, object } = change('46', { ipFamilyPolicy: 'RequireDualStack' }, () => ({
      ipFamilyPolicy: 'SingleStack',
    }));
    expect(object.spec?.clusterIPs).toEqual([stored.spec?.clusterIP]);
    const freed = stored.spec!.clusterIPs![1]!;
    const again = { ...object.spec, ipFamilyPolicy: 'RequireDualStack', clusterIPs: [object.spec!.clusterIP!, freed] };
    const both = pipeline.update<Service>(object as Draft, { ...object, spec: again } as Draft);
    expect(both.errors).toEqual([]);
    expect(both.object.spec?.clusterIPs?.[1]).toBe(freed);
    const other = { ...service({ clusterIP: freed }), metadata: { name: 'other' } };
    expect(pipeline.create(other).errors).toEqual([
      `spec.clusterIPs: Invalid value: ["${freed}"]: failed to allocate IP ${freed}: provided IP is already allocated`,
    ]);
  });

  it('a PreferDualStack Service of a cluster that was of one family stays of one', () => {
    const before = new Pipeline(RANGES['4']).create<Service>(service({ ipFamilyPolicy: 'PreferDualStack' })).object;
    const grown = new Pipeline(RANGES['46']);
    const labelled = { ...before, metadata: { ...before.metadata, labels: { a: 'b' } } };
    const { object, errors } = grown.update<Service>(before as Draft, labelled as Draft);
    expect(errors).toEqual([]);
    expect(shape(object.spec)).toBe('PreferDualStack 4');
  });

  const DUAL: ServiceSpec = { ipFamilyPolicy: 'RequireDualStack', clusterIP: A4, clusterIPs: [A4, A6] };
  it.each<[string, ServiceSpec, ServiceSpec, string[]]>([
    [
      'fewer addresses without SingleStack',
      DUAL,
      { clusterIPs: [A4] },
      [
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary cluster IP',
      ],
    ],
    [
      'fewer families without SingleStack',
      DUAL,
      { ipFamilies: ['IPv4'] },
      [
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary IP family',
      ],
    ],
    [
      'another second address',
      DUAL,
      { clusterIPs: [A4, 'fd00:10:96::21'] },
      [`spec.clusterIPs[1]: Invalid value: ["${A4}","fd00:10:96::21"]: may not change once set`],
    ],
    [
      'another first family',
      { clusterIP: A4 },
      { ipFamilies: ['IPv6'] },
      [`spec.clusterIPs[0]: Invalid value: "${A4}": expected an IPv6 value as indicated by \`ipFamilies[0]\``],
    ],
    [
      'another first family and address',
      { clusterIP: A4 },
      { ipFamilies: ['IPv6'], clusterIP: A6, clusterIPs: [A6] },
      [
        `spec.clusterIPs[0]: Invalid value: ["${A6}"]: may not change once set`,
        'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
      ],
    ],
    [
      'two families and SingleStack',
      { clusterIP: A4 },
      { ipFamilies: ['IPv4', 'IPv6'] },
      [
        "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
      ],
    ],
  ])('%s is refused', (_what, first, second, expected) => {
    expect(change('46', first, () => second).errors).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { hostsFile, podNames } from '../../../src/node/pod/hosts-file.ts';
import { resolverConfig } from '../../../src/node/pod/resolver-config.ts';
import type { Pod, PodSpec } from '../../../src/objects/wire.ts';

const dns = {
  address: '10.96.0.10',
  domain: 'cluster.local',
  nodeConfig: '# the machine\nsearch example.com .\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions edns0\n',
};
const config = (spec: Partial<PodSpec>) => resolverConfig(spec as PodSpec, 'shop', dns);

describe('resolverConfig', () => {
  it('ClusterFirst asks the cluster, and searches it first', () => {
    expect(config({})).toBe(
      'search shop.svc.cluster.local svc.cluster.local cluster.local example.com\nnameserver 10.96.0.10\noptions ndots:5\n',
    );
  });

  it("Default, and ClusterFirst on the node's network, is the machine's own", () => {
    const own = 'search example.com\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions edns0\n';
    expect(config({ dnsPolicy: 'Default' })).toBe(own);
    expect(config({ hostNetwork: true })).toBe(own);
    expect(config({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })).toContain('nameserver 10.96.0.10');
  });

  it('dnsConfig is added, options by name', () => {
    const dnsConfig = {
      nameservers: ['1.1.1.1', '10.96.0.10'],
      searches: ['extra.example'],
      options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
    };
    expect(config({ dnsConfig })).toBe(
      'search shop.svc.cluster.local svc.cluster.local cluster.local example.com extra.example\nnameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    );
    expect(config({ dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'] } })).toBe('nameserver 1.1.1.1\n');
  });
});

describe('the hosts file', () => {
  const pod = (spec: Partial<PodSpec>) => ({ metadata: { name: 'web-0', namespace: 'shop' }, spec }) as Pod;

  const names = (each: Pod) => podNames(each, 'node-1', 'cluster.local');
  const file = (each: Pod) => hostsFile(each, ['10.244.1.2'], names(each).known);

  it('names the pod, by its full name with a subdomain', () => {
    expect(file(pod({}))).toMatch(/\n10\.244\.1\.2\tweb-0\n$/);
    expect(file(pod({ subdomain: 'web' }))).toMatch(/\n10\.244\.1\.2\tweb-0\.web\.shop\.svc\.cluster\.local\tweb-0\n$/);
  });

  it('adds host aliases', () => {
    const aliases = pod({ hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }] });
    expect(file(aliases)).toMatch(/\n\n# Entries added by HostAliases\.\n1\.2\.3\.4\ta\tb\n$/);
    expect(file(aliases)).toMatch(/^# Kubernetes-managed hosts file\.\n/);
  });

  it('says so on the node’s network, where the pod has the node’s name', () => {
    expect(file(pod({ hostNetwork: true, subdomain: 'web' }))).toMatch(
      /^# Kubernetes-managed hosts file \(host network\)\.\n[\s\S]*\n10\.244\.1\.2\tnode-1\n$/,
    );
  });

  it('host names are cut at 63 characters, and the node has its own', () => {
    expect(names({ metadata: { name: `${'a'.repeat(62)}-b` } } as Pod).hostname).toBe('a'.repeat(62));
    expect(names(pod({ hostname: 'mine' })).hostname).toBe('mine');
    expect(names(pod({ hostNetwork: true })).hostname).toBe('node-1');
  });

  it('setHostnameAsFQDN makes the full name the host name, if Linux has room for it', () => {
    expect(names(pod({ subdomain: 'web', setHostnameAsFQDN: true }))).toEqual({
      hostname: 'web-0.web.shop.svc.cluster.local',
      known: ['web-0.web.shop.svc.cluster.local', 'web-0'],
    });
    expect(names(pod({ setHostnameAsFQDN: true })).hostname).toBe('web-0');
    const long = pod({ hostname: 'h'.repeat(40), subdomain: 'web', setHostnameAsFQDN: true });
    expect(() => names(long)).toThrow(/^failed to construct FQDN .* is too long \(64 characters is the max, 67 /);
  });
});

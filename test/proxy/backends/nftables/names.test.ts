import { describe, expect, it } from 'vitest';
import {
  commentOf,
  endpointNames,
  isAffinitySet,
  isServiceChain,
  serviceChainNames,
} from '../../../../src/proxy/backends/nftables/names.ts';

// The hashes are those of kube-proxy's own tests.

const name = (words: string, port = 'p80') => {
  const [namespace = '', service = ''] = words.split('/');
  return { name: { namespace, name: service, port, protocol: 'TCP' as const } };
};

describe('names of chains', () => {
  it('are kube-proxy’s', () => {
    expect(serviceChainNames(name('ns1/svc1'))).toEqual({
      cluster: 'service-ULMVA6XW-ns1/svc1/tcp/p80',
      local: 'local-ULMVA6XW-ns1/svc1/tcp/p80',
      external: 'external-ULMVA6XW-ns1/svc1/tcp/p80',
      firewall: 'firewall-ULMVA6XW-ns1/svc1/tcp/p80',
    });
    expect(serviceChainNames(name('default/kubernetes', 'https')).cluster).toBe(
      'service-2QRHZV4L-default/kubernetes/tcp/https',
    );
    expect(endpointNames(name('ns5/svc5'), { ip: '10.180.0.3', port: 80 })).toEqual({
      chain: 'endpoint-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80',
      affinitySet: 'affinity-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80',
    });
  });

  it('write an IPv6 address without colons', () => {
    expect(endpointNames(name('ns1/svc1'), { ip: 'fd00:10:180::2:1', port: 80 }).chain).toBe(
      'endpoint-2CRNCTTE-ns1/svc1/tcp/p80__fd00.10.180..2.1/80',
    );
  });

  it('are cut off at 240 characters behind the prefix', () => {
    const long = 'x'.repeat(63);
    const endpoint = { ip: 'fd00:1111:2222:3333:4444:5555:6666:7777', port: 65_535 };
    const { chain } = endpointNames(name(`${long}/${long}`, long), endpoint);
    expect(chain).toHaveLength('endpoint-'.length + 240);
    expect(chain.endsWith('...')).toBe(true);
  });

  it('in comments end before nft’s 128 characters do', () => {
    const long = 'x'.repeat(63);
    expect(commentOf('ns1/svc1:p80')).toBe('ns1/svc1:p80');
    expect(commentOf(`${long}/${long}:http`)).toBe(`${long}/${long.slice(0, 61)}...`);
  });

  it('tell what belongs to a Service', () => {
    expect(['services', 'service-endpoints-check', 'masquerading'].filter(isServiceChain)).toEqual([]);
    expect(isServiceChain('service-ULMVA6XW-ns1/svc1/tcp/p80')).toBe(true);
    expect(isAffinitySet('affinity-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80')).toBe(true);
    expect(isAffinitySet('cluster-ips')).toBe(false);
  });
});

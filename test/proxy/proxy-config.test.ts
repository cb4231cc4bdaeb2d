import { describe, expect, it } from 'vitest';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { normalised } from '../../src/lab/proxy-config/normalise.ts';
import { parseProxyConfig } from '../../src/lab/proxy-config/read.ts';
import { localMatch } from '../../src/proxy/backends/nftables/fixed-rules.ts';
import { conntrackMax, conntrackSysctls } from '../../src/proxy/conntrack-settings.ts';
import { nodeRules } from '../../src/proxy/node-rules.ts';
import { backendConfig, configuredFacts, localTrafficOf } from '../../src/proxy/proxy-config.ts';
import { FACTS_4, FACTS_6 } from './fixtures.ts';

function config(text: string) {
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  return normalised(parseProxyConfig(head + text, 'x').options);
}

describe('a configuration', () => {
  it('has a section for each backend; ipvs masquerades by that of iptables', () => {
    const read = config(
      'iptables: {masqueradeBit: 1, masqueradeAll: true, syncPeriod: 10s}\nnftables: {masqueradeBit: 2}\nipvs: {syncPeriod: 20s}\n',
    );
    expect(backendConfig(read, 'iptables')).toMatchObject({
      masqueradeBit: 1,
      masqueradeAll: true,
      syncPeriodMs: 10_000,
    });
    expect(backendConfig(read, 'ipvs')).toMatchObject({ masqueradeBit: 1, masqueradeAll: true, syncPeriodMs: 20_000 });
    expect(backendConfig(read, 'nftables')).toMatchObject({
      masqueradeBit: 2,
      masqueradeAll: false,
      syncPeriodMs: 30_000,
    });
    expect(configuredFacts(FACTS_4, 'nftables', read)).toMatchObject({ masqueradeBit: 2, masqueradeAll: false });
  });

  it('chooses the addresses that answer node ports', () => {
    const ips = (text: string, facts = FACTS_4) => configuredFacts(facts, 'iptables', config(`${text}\n`)).nodePortIPs;
    expect(ips('')).toBeUndefined();
    expect(ips('nodePortAddresses: [primary]')).toEqual(['192.168.1.11']);
    expect(ips('nodePortAddresses: [192.168.0.0/16, 127.0.0.0/8]')).toEqual(['192.168.1.11', '127.0.0.1']);
    expect(ips('nodePortAddresses: [127.0.0.0/8]\niptables: {localhostNodePorts: false}')).toEqual([]);
    expect(ips('nodePortAddresses: [10.0.0.0/8]')).toEqual([]);
    expect(ips('nodePortAddresses: [0.0.0.0/0]')).toBeUndefined();
    expect(ips('nodePortAddresses: ["fd00:1::/64"]', FACTS_6)).toEqual(['fd00:1::11']);
    // Blocks of one family say nothing of the other (upstream pkg/proxy/util/nodeport_addresses.go, NewNodePortAddresses).
    expect(ips('nodePortAddresses: [192.168.0.0/16]', FACTS_6)).toBeUndefined();
  });

  // upstream: pkg/proxy/iptables/proxier.go, NewProxier; pkg/proxy/util/nodeport_addresses.go, ContainsIPv4Loopback
  it('has node ports on loopback only where the addresses include it', () => {
    const isOnLoopback = (addresses: string) =>
      configuredFacts(FACTS_4, 'iptables', config(`nodePortAddresses: ${addresses}\n`)).localhostNodePorts;
    for (const with127 of ['[]', '[0.0.0.0/0]', '[127.0.0.1/32]', '[192.168.0.0/16, 127.0.0.0/8]', '["fd00:1::/64"]'])
      expect(isOnLoopback(with127), with127).toBe(true);
    for (const without of ['[primary]', '[192.168.0.0/16]']) expect(isOnLoopback(without), without).toBe(false);
  });

  // upstream: cmd/kube-proxy/app/server_linux.go, platformApplyDefaults
  it('leaves mode nftables the primary address where it names none, and takes it at its word where it does', () => {
    const kernel = new RecordingKernel();
    const ips = (text: string, facts = FACTS_4) =>
      nodeRules('nftables', { kernel, netns: 'n', config: config(`${text}\n`) }, facts).facts.nodePortIPs;
    expect(ips('')).toEqual(['192.168.1.11']);
    expect(ips('nodePortAddresses: [0.0.0.0/0]')).toBeUndefined();
    expect(ips('nodePortAddresses: [192.168.0.0/16]')).toEqual(['192.168.1.11']);
    expect(ips('nodePortAddresses: [192.168.0.0/16]', FACTS_6)).toBeUndefined();
  });

  it('tells pods apart as asked', () => {
    const local = (text: string, family: 4 | 6 = 4) => localTrafficOf(config(`${text}\n`), family, ['10.244.1.0/24']);
    expect(local('clusterCIDR: "10.0.0.0/8,fd00::/8"', 6)).toEqual({ by: 'cidr', cidr: 'fd00::/8' });
    expect(local('clusterCIDR: 10.0.0.0/8', 6)).toBeUndefined();
    expect(local('detectLocalMode: NodeCIDR')).toEqual({ by: 'cidr', cidr: '10.244.1.0/24' });
    const bridge = local('detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cni0}')!;
    expect(localMatch(bridge, 'ip')).toBe('iifname "cni0"');
    const prefix = local('detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: veth}')!;
    expect(prefix).toEqual({ by: 'interface', device: 'veth+' });
    expect(localMatch(prefix, 'ip', '!= ')).toBe('iifname != "veth*"');
  });

  it('sets what of connection tracking belongs to a namespace', () => {
    const { conntrack } = config(
      'conntrack: {tcpBeLiberal: true, tcpEstablishedTimeout: 1h, tcpCloseWaitTimeout: 0s, udpTimeout: 10s}\n',
    );
    expect(conntrackSysctls(conntrack)).toEqual({
      'net.netfilter.nf_conntrack_tcp_be_liberal': 1,
      'net.netfilter.nf_conntrack_tcp_timeout_established': 3600,
      'net.netfilter.nf_conntrack_udp_timeout': 10,
    });
    expect(conntrackMax(conntrack, 2)).toBe(131_072);
    expect(conntrackMax(conntrack, 8)).toBe(262_144);
    expect(conntrackMax({ ...conntrack, maxPerCore: 0 }, 8)).toBeUndefined();
  });
});

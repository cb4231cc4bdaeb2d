import { describe, expect, it } from 'vitest';
import { DEFAULT_LAB } from '../../src/lab/default-lab.ts';
import { parseLabFile } from '../../src/lab/lab-file.ts';
import { planLab } from '../../src/lab/plan-lab.ts';
import { normalised } from '../../src/lab/proxy-config/normalise.ts';
import { parseProxyConfig } from '../../src/lab/proxy-config/read.ts';
import { proxyConfigMap, withProxyMode } from '../../src/lab/proxy-objects.ts';

const HEAD = 'apiVersion: podwire.dev/v1alpha1\nkind: Lab\n';

function textOf(plan: ReturnType<typeof planLab>): string {
  return proxyConfigMap(plan).data!['config.conf']!;
}

describe('the ConfigMap kube-system/kube-proxy', () => {
  it('says what runs in the default lab', () => {
    expect(textOf(planLab('lab', DEFAULT_LAB))).toMatchInlineSnapshot(`
      "apiVersion: kubeproxy.config.k8s.io/v1alpha1
      bindAddress: 0.0.0.0
      clusterCIDR: 10.244.0.0/16
      conntrack:
        maxPerCore: 0
        min: 131072
        tcpBeLiberal: false
        tcpCloseWaitTimeout: 0s
        tcpEstablishedTimeout: 0s
        udpStreamTimeout: 0s
        udpTimeout: 0s
      detectLocal:
        bridgeInterface: ""
        interfaceNamePrefix: ""
      detectLocalMode: ClusterCIDR
      healthzBindAddress: 0.0.0.0:10256
      iptables:
        localhostNodePorts: true
        masqueradeAll: false
        masqueradeBit: 14
        minSyncPeriod: 1ns
        syncPeriod: 30s
      ipvs:
        excludeCIDRs: []
        minSyncPeriod: 0s
        scheduler: rr
        strictARP: false
        syncPeriod: 30s
        tcpFinTimeout: 0s
        tcpTimeout: 0s
        udpTimeout: 0s
      kind: KubeProxyConfiguration
      metricsBindAddress: 127.0.0.1:10249
      mode: iptables
      nftables:
        masqueradeAll: false
        masqueradeBit: 14
        minSyncPeriod: 1ns
        syncPeriod: 30s
      nodePortAddresses: []
      "
    `);
  });

  it.each([
    ['the default lab', ''],
    [
      'options of every section',
      `kubeProxy:
  clusterCIDR: 10.0.0.0/8
  nodePortAddresses: [192.168.1.0/24, "::/0"]
  detectLocalMode: BridgeInterface
  detectLocal: {bridgeInterface: "10", interfaceNamePrefix: "no"}
  iptables: {masqueradeAll: true, masqueradeBit: 3, localhostNodePorts: false, syncPeriod: 1m30s, minSyncPeriod: 250ms}
  nftables: {masqueradeBit: 0}
  ipvs: {scheduler: sh, strictARP: true, excludeCIDRs: [10.9.0.0/16], tcpTimeout: 15m, udpTimeout: 1.5s}
  conntrack: {maxPerCore: 5, tcpBeLiberal: true, tcpEstablishedTimeout: 24h}
  healthzBindAddress: 0.0.0.0
`,
    ],
    ['IPv6', 'networking: {ipFamily: ipv6, kubeProxyMode: nftables}\n'],
  ])('is read as what it was made of: %s', (_, words) => {
    const plan = planLab('lab', parseLabFile(HEAD + words, 'lab.yaml'));
    const { options, mode } = parseProxyConfig(textOf(plan), 'config.conf');
    expect(mode).toBe(plan.proxyMode);
    const { clusterCIDRs, healthzBindAddress, metricsBindAddress, ...rest } = normalised(options);
    const { clusterCIDRs: own, healthzBindAddress: __, metricsBindAddress: ___, ...wanted } = plan.proxyConfig;
    expect(rest).toEqual(wanted);
    expect(clusterCIDRs).toEqual(own.length > 0 ? own : plan.podSubnets);
    expect(healthzBindAddress).toMatch(/:10256$/);
    expect(metricsBindAddress).toBe('127.0.0.1:10249');
  });

  it('follows a change of mode, and leaves the rest as somebody may have written it', () => {
    const map = proxyConfigMap(planLab('lab', DEFAULT_LAB));
    const text = (mode: string, scheduler?: string) => withProxyMode(map, mode, scheduler).data!['config.conf'];
    expect(text('nftables')).toBe(map.data!['config.conf']!.replace('mode: iptables', 'mode: nftables'));
    expect(text('ipvs', 'lc')).toContain('  scheduler: lc\n');
    const emptied = { metadata: { name: 'kube-proxy' }, data: { other: 'mode: x' } };
    expect(withProxyMode(emptied, 'ipvs', undefined)).toEqual(emptied);
  });
});

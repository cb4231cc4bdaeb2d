import { describe, expect, it } from 'vitest';
import { LabError } from '../../../src/lab/lab-error.ts';
import { normalised } from '../../../src/lab/proxy-config/normalise.ts';
import { parseProxyConfig } from '../../../src/lab/proxy-config/read.ts';
import { unappliedFields } from '../../../src/lab/proxy-config/unapplied.ts';

const HEAD = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

function refusal(text: string): string[] {
  try {
    parseProxyConfig(text, 'kp.yaml');
  } catch (error) {
    if (error instanceof LabError) return error.why.split('\n');
    throw error;
  }
  return [];
}

/** As `kubeadm init` leaves it in the ConfigMap kube-system/kube-proxy. */
const KUBEADM = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}
clusterCIDR: 10.244.0.0/16
configSyncPeriod: 0s
conntrack: {maxPerCore: null, min: null, tcpBeLiberal: false, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null, udpStreamTimeout: 0s, udpTimeout: 0s}
detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables: {localhostNodePorts: null, masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s, tcpFinTimeout: 0s, tcpTimeout: 0s, udpTimeout: 0s}
kind: KubeProxyConfiguration
logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}, text: {infoBufferSize: "0"}}, verbosity: 0}
metricsBindAddress: ""
mode: ipvs
nftables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel: {enableDSR: false, forwardHealthCheckVip: false, networkName: "", rootHnsEndpointName: "", sourceVip: ""}
`;

describe('kube-proxy’s configuration file', () => {
  it('with nothing said has kube-proxy’s defaults', () => {
    const { options, mode } = parseProxyConfig(HEAD, 'kp.yaml');
    expect({ mode, notes: unappliedFields(options) }).toEqual({ mode: undefined, notes: [] });
    expect(normalised(options)).toMatchObject({
      clusterCIDRs: [],
      detectLocalMode: 'ClusterCIDR',
      nodePortAddresses: [],
      localhostNodePorts: true,
      iptables: { masqueradeAll: false, masqueradeBit: 14, syncPeriodMs: 30_000, minSyncPeriodMs: 1000 },
      ipvs: { scheduler: 'rr', strictARP: false, excludeCIDRs: [], tcpTimeout: 0 },
      conntrack: {
        maxPerCore: 32_768,
        min: 131_072,
        tcpEstablishedTimeoutMs: 86_400_000,
        tcpCloseWaitTimeoutMs: 3_600_000,
      },
      healthzBindAddress: '',
      metricsBindAddress: '',
    });
  });

  it('with zeros, nulls and blanks has the same, but for what 0 means there', () => {
    const blank = (text: string) => parseProxyConfig(HEAD + text, 'kp.yaml').options;
    const none = '{masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}';
    expect(
      blank(
        `iptables: ${none}\nnftables: ${none}\nipvs: {scheduler: "", syncPeriod: 0s, excludeCIDRs: null}\nbindAddress: ""\n` +
          'conntrack: {maxPerCore: null, min: null, tcpEstablishedTimeout: null, tcpCloseWaitTimeout: null}\n' +
          'healthzBindAddress: ""\nmetricsBindAddress: ""\nnodePortAddresses: null\ndetectLocalMode: ""\n',
      ),
    ).toEqual(blank(''));
    expect(blank('conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s}\n').conntrack).toMatchObject({
      maxPerCore: 0,
      tcpEstablishedTimeout: 0,
    });
  });

  it('may leave out ports of its servers', () => {
    const { options } = parseProxyConfig(`${HEAD}healthzBindAddress: 0.0.0.0\nmetricsBindAddress: "::1"\n`, 'kp.yaml');
    expect(normalised(options)).toMatchObject({
      healthzBindAddress: '0.0.0.0:10256',
      metricsBindAddress: '[::1]:10249',
    });
  });

  it('of kubeadm is read, alone and in its ConfigMap', () => {
    const alone = parseProxyConfig(KUBEADM, 'kp.yaml');
    expect(alone.mode).toBe('ipvs');
    expect(unappliedFields(alone.options)).toEqual([
      "kube-proxy's clientConnection is not applied: each kube-proxy reaches the API from its node, with the lab’s own credentials",
    ]);
    const indented = KUBEADM.split('\n')
      .map((line) => `    ${line}`)
      .join('\n');
    const map = `kind: ConfigMap\napiVersion: v1\nmetadata: {name: kube-proxy}\ndata:\n  kubeconfig.conf: x\n  config.conf: |\n${indented}`;
    expect(parseProxyConfig(map, 'kp.yaml')).toEqual(alone);
  });

  it('says what a lab does not go by', () => {
    const { options } = parseProxyConfig(
      `${HEAD}oomScoreAdj: -999\nfeatureGates: {A: true}\nwinkernel: {networkName: x}\n`,
      'kp.yaml',
    );
    expect(unappliedFields(options).map((note) => note.split(' ')[1])).toEqual([
      'featureGates',
      'oomScoreAdj',
      'winkernel',
    ]);
  });

  it.each<[string, string, string[]]>([
    [
      'an unknown field',
      'iptables:\n  masqueradebit: 3\n',
      ['kp.yaml:4:3: iptables.masqueradebit: strict decoding error: unknown field "iptables.masqueradebit"'],
    ],
    [
      'a wrong type',
      'iptables: {masqueradeBit: x}\n',
      ['kp.yaml:3:12: iptables.masqueradeBit: json: cannot unmarshal into Go struct field of type int32'],
    ],
    [
      'a duration without a unit',
      'iptables: {syncPeriod: "30"}\n',
      ['kp.yaml:3:12: iptables.syncPeriod: time: missing unit in duration "30"'],
    ],
    [
      'an unknown mode',
      'mode: magic\n',
      [
        'kp.yaml:3:1: mode: Invalid value: "magic": must be iptables,ipvs,nftables,userspace or blank (blank means the best-available proxy [currently iptables])',
      ],
    ],
    [
      'a bit out of range',
      'nftables: {masqueradeBit: 32}\n',
      ['kp.yaml:3:12: nftables.masqueradeBit: Invalid value: 32: must be within the range [0, 31]'],
    ],
    [
      'periods the wrong way round',
      'ipvs: {syncPeriod: 1s, minSyncPeriod: 2s}\n',
      ['kp.yaml:3:8: ipvs.syncPeriod: Invalid value: "1s": must be greater than or equal to ipvs.minSyncPeriod'],
    ],
    [
      'a scheduler there is none of',
      'ipvs: {scheduler: fifo}\n',
      [expect.stringContaining('ipvs.scheduler: Invalid value: "fifo": must be in [rr ') as unknown as string],
    ],
    [
      'a cluster network that is none',
      'clusterCIDR: 10.244.0.0\n',
      [
        'kp.yaml:3:1: clusterCIDR: Invalid value: "10.244.0.0": must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)',
      ],
    ],
    [
      'two of one family',
      'clusterCIDR: 10.0.0.0/16,10.1.0.0/16\n',
      [
        'kp.yaml:3:1: clusterCIDR: Invalid value: "10.0.0.0/16,10.1.0.0/16": must be a valid DualStack CIDR (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)',
      ],
    ],
    [
      'a node port address that is none',
      'nodePortAddresses: [10.0.0.0/8, here]\n',
      [
        'kp.yaml:3:33: nodePortAddresses[1]: Invalid value: "here": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
    [
      'primary beside a block',
      'nodePortAddresses: [primary, 10.0.0.0/8]\n',
      ["kp.yaml:3:1: nodePortAddresses: Invalid value: \"primary\": can't use both 'primary' and CIDRs"],
    ],
    [
      'an address without a port',
      'healthzBindAddress: nowhere\n',
      ['kp.yaml:3:1: healthzBindAddress: Invalid value: "nowhere": must be IP:port'],
    ],
    [
      'a port out of range',
      'metricsBindAddress: "127.0.0.1:70000"\n',
      ['kp.yaml:3:1: metricsBindAddress: Invalid value: "70000": must be a valid port'],
    ],
    [
      'a device that could break out of a rule',
      'detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: "x; reboot"}\n',
      [
        'kp.yaml:4:15: detectLocal.bridgeInterface: Invalid value: "x; reboot": must be the name of a network interface, at most 15 characters',
      ],
    ],
    [
      'a mode without its device',
      'detectLocalMode: BridgeInterface\n',
      [
        'kp.yaml:1:1: detectLocal.bridgeInterface: Invalid value: "": must be set when detectLocalMode is BridgeInterface',
      ],
    ],
    ['broken YAML', 'mode: {\n', [expect.stringMatching(/^kp\.yaml:\d+:\d+: /) as unknown as string]],
  ])('with %s is refused', (_, text, expected) => {
    expect(refusal(HEAD + text)).toEqual(expected);
  });

  it('of another kind is refused', () => {
    expect(refusal('apiVersion: v1\nkind: Pod\n')).toEqual([
      'kp.yaml:2:1: kind: no kind "Pod" is registered for version "v1"; a configuration is KubeProxyConfiguration of kubeproxy.config.k8s.io/v1alpha1',
    ]);
    expect(refusal('')).toEqual([expect.stringContaining('no kind "" is registered for version ""')]);
  });
});

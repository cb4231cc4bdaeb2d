/**
 * The fields of KubeProxyConfiguration (staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go), as a file of their own and as a
 * section of the lab file. Every field is known, so that a file of a real cluster is read; which of them a lab goes by is said
 * elsewhere. As in pkg/proxy/apis/config/v1alpha1/defaults.go, null, an empty text and a period of 0 leave a field to its default.
 */
import { z } from 'zod';
import { parseDuration } from '../../proxy/go-duration.ts';
import { KUBE_PROXY_DEFAULTS, LAB_DEFAULTS, type OptionDefaults } from './option-defaults.ts';

/** Milliseconds; null is the default. */
const duration = (byDefault: string) =>
  z
    .string()
    .nullish()
    .transform((text, context) => {
      const ms = parseDuration(text ?? byDefault);
      if (typeof ms === 'number') return ms;
      context.addIssue({ code: 'custom', message: ms.problem });
      return z.NEVER;
    });
/** 0 is the default too. */
const period = (byDefault: string) =>
  duration(byDefault).transform((ms) => (ms === 0 ? (parseDuration(byDefault) as number) : ms));
/** Kubernetes writes lists and objects that are not there as null. */
const list = <T extends z.ZodType>(of: T) =>
  z
    .array(of)
    .nullish()
    .transform((value) => value ?? []);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const flag = (byDefault: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? byDefault);
const int = (byDefault: number) =>
  z
    .int()
    .nullish()
    .transform((value) => value ?? byDefault);
const optional = z.unknown().optional();

function optionFields(defaults: OptionDefaults) {
  const backend = {
    masqueradeAll: flag(false),
    masqueradeBit: int(14),
    syncPeriod: period('30s'),
    minSyncPeriod: period(defaults.minSyncPeriod),
  };
  return {
    clusterCIDR: text.describe('Networks of the pods; blank: the lab’s.'),
    detectLocalMode: text.describe('ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix.'),
    detectLocal: z.strictObject({ bridgeInterface: text, interfaceNamePrefix: text }).prefault({}),
    nodePortAddresses: list(z.string()).describe('Blocks whose addresses answer node ports, or primary.'),
    iptables: z.strictObject({ ...backend, localhostNodePorts: flag(true) }).prefault({}),
    nftables: z.strictObject(backend).prefault({}),
    ipvs: z
      .strictObject({
        scheduler: text.describe('How IPVS chooses an endpoint; blank: rr.'),
        strictARP: flag(false).describe('Nodes answer ARP for no address that only kube-ipvs0 has.'),
        excludeCIDRs: list(z.string()).describe('Virtual servers at these addresses are left to others.'),
        syncPeriod: period('30s'),
        minSyncPeriod: duration('0s'),
        tcpTimeout: duration('0s'),
        tcpFinTimeout: duration('0s'),
        udpTimeout: duration('0s'),
      })
      .prefault({}),
    conntrack: z
      .strictObject({
        maxPerCore: int(defaults.maxPerCore),
        min: int(131_072),
        tcpBeLiberal: flag(false),
        tcpEstablishedTimeout: duration(defaults.tcpEstablishedTimeout),
        tcpCloseWaitTimeout: duration(defaults.tcpCloseWaitTimeout),
        udpTimeout: duration('0s'),
        udpStreamTimeout: duration('0s'),
      })
      .prefault({}),
    healthzBindAddress: text.describe('Blank: port 10256 of all addresses.'),
    metricsBindAddress: text.describe('Blank: port 10249 of loopback.'),
    bindAddress: text,
    bindAddressHardFail: optional,
    clientConnection: optional,
    configSyncPeriod: optional,
    enableProfiling: optional,
    featureGates: optional,
    hostnameOverride: optional,
    logging: optional,
    oomScoreAdj: optional,
    portRange: optional,
    showHiddenMetricsForVersion: optional,
    udpIdleTimeout: optional,
    windowsRunAsService: optional,
    winkernel: optional,
  };
}

/** A file of kube-proxy's own, with its defaults. */
export const PROXY_CONFIG_SCHEMA = z.strictObject({
  apiVersion: z.literal('kubeproxy.config.k8s.io/v1alpha1'),
  kind: z.literal('KubeProxyConfiguration'),
  mode: text,
  ...optionFields(KUBE_PROXY_DEFAULTS),
});

/** The same fields in the lab file, with the lab's defaults; the mode is among the networks there. */
export const LAB_OPTION_FIELDS = optionFields(LAB_DEFAULTS);

/** A configuration with kube-proxy's defaults filled in, durations in milliseconds. */
export type KubeProxyConfiguration = z.output<typeof PROXY_CONFIG_SCHEMA>;
/** What of it does not depend on where it is written. */
export type ProxyOptions = Omit<KubeProxyConfiguration, 'apiVersion' | 'kind' | 'mode'>;

/**
 * The fields of KubeProxyConfiguration with kube-proxy's defaults (staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go,
 * pkg/proxy/apis/config/v1alpha1/defaults.go). Every field is known, so that a file of a real cluster is read; which of them a lab
 * goes by is said elsewhere.
 */
import { z } from 'zod';
import { parseDuration } from './duration.ts';

/** Milliseconds. */
const duration = (byDefault: string) =>
  z
    .string()
    .default(byDefault)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (typeof ms === 'number') return ms;
      context.addIssue({ code: 'custom', message: ms.problem });
      return z.NEVER;
    });
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
const optional = z.unknown().optional();

const backend = {
  masqueradeAll: z.boolean().default(false),
  masqueradeBit: z
    .int()
    .nullish()
    .transform((value) => value ?? 14),
  syncPeriod: duration('30s'),
  minSyncPeriod: duration('1s'),
};

export const PROXY_CONFIG_SCHEMA = z.strictObject({
  apiVersion: z.literal('kubeproxy.config.k8s.io/v1alpha1'),
  kind: z.literal('KubeProxyConfiguration'),
  mode: text,
  clusterCIDR: text,
  detectLocalMode: text,
  detectLocal: z.strictObject({ bridgeInterface: text, interfaceNamePrefix: text }).prefault({}),
  nodePortAddresses: list(z.string()),
  iptables: z
    .strictObject({
      ...backend,
      localhostNodePorts: z
        .boolean()
        .nullish()
        .transform((value) => value ?? true),
    })
    .prefault({}),
  nftables: z.strictObject(backend).prefault({}),
  ipvs: z
    .strictObject({
      scheduler: text,
      strictARP: z.boolean().default(false),
      excludeCIDRs: list(z.string()),
      syncPeriod: duration('30s'),
      minSyncPeriod: duration('1s'),
      tcpTimeout: duration('0s'),
      tcpFinTimeout: duration('0s'),
      udpTimeout: duration('0s'),
    })
    .prefault({}),
  conntrack: z
    .strictObject({
      maxPerCore: z
        .int()
        .nullish()
        .transform((value) => value ?? 32_768),
      min: z
        .int()
        .nullish()
        .transform((value) => value ?? 131_072),
      tcpBeLiberal: z.boolean().default(false),
      tcpEstablishedTimeout: duration('24h'),
      tcpCloseWaitTimeout: duration('1h'),
      udpTimeout: duration('0s'),
      udpStreamTimeout: duration('0s'),
    })
    .prefault({}),
  healthzBindAddress: z.string().default('0.0.0.0:10256'),
  metricsBindAddress: z.string().default('127.0.0.1:10249'),
  bindAddress: z.string().default('0.0.0.0'),
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
});

/** A configuration with kube-proxy's defaults filled in, durations in milliseconds. */
export type KubeProxyConfiguration = z.output<typeof PROXY_CONFIG_SCHEMA>;

/** What kube-proxy demands of its configuration, in its own words (upstream pkg/proxy/apis/config/validation/validation.go). Pure. */
import { parseCidr } from '../../net/cidr.ts';
import { isIp } from '../../net/ip.ts';
import { IPVS_SCHEDULERS } from '../../objects/ipvs-scheduler.ts';
import { PROXY_MODES } from '../../objects/proxy-mode.ts';
import { formatDuration } from '../../proxy/go-duration.ts';
import type { FileIssue } from '../yaml-file.ts';
import { withPort } from './normalise.ts';
import type { ProxyOptions } from './schema.ts';

const DETECT_LOCAL_MODES = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'];

/** What is wrong with a mode. */
export function checkMode(mode: string): FileIssue[] {
  if (mode === '' || PROXY_MODES.some((known) => known === mode)) return [];
  const known = [...PROXY_MODES].sort().join(',');
  const why = `must be ${known} or blank (blank means the best-available proxy [currently iptables])`;
  return [issue('mode', mode, why)];
}

function issue(path: string, value: unknown, why: string): FileIssue {
  return { path: placeOf(path), message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

/** Everything that is wrong, in the order of the fields. */
export function checkProxyOptions(config: ProxyOptions): FileIssue[] {
  const issues: FileIssue[] = [];
  const invalid = (path: string, value: unknown, why: string) => issues.push(issue(path, value, why));
  const { iptables, nftables, ipvs, conntrack, clusterCIDR } = config;
  for (const [name, { masqueradeBit }] of [
    ['iptables', iptables],
    ['nftables', nftables],
  ] as const)
    if (masqueradeBit < 0 || masqueradeBit > 31)
      invalid(`${name}.masqueradeBit`, masqueradeBit, 'must be within the range [0, 31]');
  for (const [name, section] of Object.entries({ iptables, nftables, ipvs })) {
    const { syncPeriod, minSyncPeriod } = section;
    if (syncPeriod <= 0) invalid(`${name}.syncPeriod`, formatDuration(syncPeriod), 'must be greater than 0');
    if (minSyncPeriod < 0)
      invalid(`${name}.minSyncPeriod`, formatDuration(minSyncPeriod), 'must be greater than or equal to 0');
    if (syncPeriod > 0 && minSyncPeriod > syncPeriod)
      invalid(
        `${name}.syncPeriod`,
        formatDuration(syncPeriod),
        `must be greater than or equal to ${name}.minSyncPeriod`,
      );
  }
  for (const field of ['tcpTimeout', 'tcpFinTimeout', 'udpTimeout'] as const)
    if (ipvs[field] < 0) invalid(`ipvs.${field}`, formatDuration(ipvs[field]), 'must be greater than or equal to 0');
  if (ipvs.scheduler !== '' && !IPVS_SCHEDULERS.some((known) => known === ipvs.scheduler))
    invalid(
      'ipvs.scheduler',
      ipvs.scheduler,
      `must be in [${IPVS_SCHEDULERS.join(' ')}], blank means the default algorithm method (currently rr)`,
    );
  if (ipvs.excludeCIDRs.some((cidr) => parseCidr(cidr) === undefined))
    invalid('ipvs.excludeCIDRs', ipvs.excludeCIDRs, 'must be a valid IP block');
  for (const field of [
    'maxPerCore',
    'min',
    'tcpEstablishedTimeout',
    'tcpCloseWaitTimeout',
    'udpTimeout',
    'udpStreamTimeout',
  ] as const)
    if (conntrack[field] < 0) invalid(`conntrack.${field}`, conntrack[field], 'must be greater than or equal to 0');
  if (config.bindAddress !== '' && !isIp(config.bindAddress))
    invalid('bindAddress', config.bindAddress, 'not a valid textual representation of an IP address');
  for (const field of ['healthzBindAddress', 'metricsBindAddress'] as const)
    if (config[field] !== '') checkHostPort(field, withPort(config[field], 1), invalid);
  checkClusterCIDR(clusterCIDR, invalid);
  checkNodePortAddresses(config.nodePortAddresses, invalid);
  checkDetectLocal(config, invalid);
  return issues;
}

type Invalid = (path: string, value: unknown, why: string) => unknown;

function checkHostPort(path: string, value: string, invalid: Invalid): void {
  const [, host = '', port = ''] =
    /^(?:\[(.*)\]|([^:]*)):([^:]*)$/.exec(value)?.filter((part) => part !== undefined) ?? [];
  if (port === '' && host === '') {
    invalid(path, value, 'must be IP:port');
    return;
  }
  if (!isIp(host)) invalid(path, host, 'must be a valid IP');
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) invalid(path, port, 'must be a valid port');
}

function checkClusterCIDR(text: string, invalid: Invalid): void {
  if (text === '') return;
  const cidrs = text.split(',').map(parseCidr);
  if (cidrs.length > 2)
    invalid(
      'clusterCIDR',
      text,
      'only one CIDR allowed or a valid DualStack CIDR (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)',
    );
  else if (cidrs.length === 2 && (cidrs.includes(undefined) || cidrs[0]!.family === cidrs[1]!.family))
    invalid('clusterCIDR', text, 'must be a valid DualStack CIDR (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)');
  else if (cidrs[0] === undefined)
    invalid('clusterCIDR', text, 'must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)');
}

function checkNodePortAddresses(addresses: readonly string[], invalid: Invalid): void {
  if (addresses.includes('primary') && addresses.length > 1)
    invalid('nodePortAddresses', 'primary', "can't use both 'primary' and CIDRs");
  for (const [index, address] of addresses.entries())
    if (address !== 'primary' && parseCidr(address) === undefined)
      invalid(`nodePortAddresses.${index}`, address, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
}

function checkDetectLocal({ detectLocalMode: mode, detectLocal }: ProxyOptions, invalid: Invalid): void {
  if (mode !== '' && !DETECT_LOCAL_MODES.includes(mode))
    invalid('detectLocalMode', mode, `must be ${DETECT_LOCAL_MODES.join(', ')} or blank`);
  const demanded = { BridgeInterface: 'bridgeInterface', InterfaceNamePrefix: 'interfaceNamePrefix' } as const;
  for (const [wanted, field] of Object.entries(demanded)) {
    const name = detectLocal[field as 'bridgeInterface' | 'interfaceNamePrefix'];
    if (mode === wanted && name === '')
      invalid(`detectLocal.${field}`, name, `must be set when detectLocalMode is ${wanted}`);
    // It becomes part of a rule.
    else if (name !== '' && !/^[A-Za-z0-9._-]{1,15}$/.test(name))
      invalid(`detectLocal.${field}`, name, 'must be the name of a network interface, at most 15 characters');
  }
}

/** Keys and indexes of `nodePortAddresses.1`. */
function placeOf(path: string): (string | number)[] {
  return path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/**
 * Which address families a Service has: from what it asks for, the addresses it names and the families of the cluster.
 * Order, words and special cases are those of Kubernetes' Service registry (pkg/registry/core/service/storage/alloc.go,
 * initIPFamilyFields), which settles them ahead of validation.
 */
import { type IpFamily, parseIp } from '../../net/ip.ts';
import type { Service, ServiceSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { invalid } from '../validation/field.ts';
import { isHeadless, validateClusterIps } from '../validation/service-addresses.ts';

const NAMES = { 4: 'IPv4', 6: 'IPv6' } as const;
const POLICY = 'spec.ipFamilyPolicy';

export interface ClusterFamilies {
  /** The family of a Service that does not ask. */
  readonly primary: IpFamily;
  serves(family: IpFamily): boolean;
}

/** The families of a settled Service, in order. */
export function familiesOf(spec: ServiceSpec): IpFamily[] {
  return (spec.ipFamilies ?? []).map(familyOf);
}

/**
 * Sets `ipFamilies` and `ipFamilyPolicy`, and lets go of the second address where a change to SingleStack says so; or
 * says why the wish cannot be had. Changes `spec` in place.
 */
export function settleFamilies(
  spec: ServiceSpec,
  previous: Service | undefined,
  cluster: ClusterFamilies,
): FieldError[] {
  if (spec.type === 'ExternalName' || isSamePreference(spec, previous?.spec)) return [];
  spec.ipFamilyPolicy ??= previous?.spec?.ipFamilyPolicy ?? (isFreeOfPods(spec) ? 'RequireDualStack' : 'SingleStack');
  const malformed = validateClusterIps(spec);
  if (malformed.length > 0) return malformed;
  const errors = [...release(spec, previous?.spec), ...tooManyForOne(spec), ...inferFamilies(spec, cluster)];
  if (errors.length > 0) return errors;
  // Nobody allocates for it: it may speak of families that the cluster has not.
  if (isFreeOfPods(spec)) {
    complete(spec, cluster.primary, true);
    return [];
  }
  const impossible = unserved(spec, cluster);
  if (impossible.length > 0) return impossible;
  complete(spec, cluster.primary, cluster.serves(4) && cluster.serves(6));
  return [];
}

/** PreferDualStack is no wish to change when the cluster has become another one meanwhile. */
function isSamePreference(spec: ServiceSpec, before: ServiceSpec | undefined): boolean {
  return (
    before !== undefined &&
    spec.type === before.type &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    before.ipFamilyPolicy === 'PreferDualStack' &&
    isSame(spec.clusterIPs, before.clusterIPs) &&
    isSame(spec.ipFamilies, before.ipFamilies)
  );
}

/** Headless and without selector: its endpoints are somebody else's, of whatever family. */
function isFreeOfPods(spec: ServiceSpec): boolean {
  return isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
}

/** On a change: SingleStack alone takes the second address and family away; naming fewer without it is refused. */
function release(spec: ServiceSpec, before: ServiceSpec | undefined): FieldError[] {
  if (before === undefined) return [];
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (isSame(spec.clusterIPs, before.clusterIPs) && spec.clusterIPs) spec.clusterIPs = spec.clusterIPs.slice(0, 1);
    if (isSame(spec.ipFamilies, before.ipFamilies) && spec.ipFamilies) spec.ipFamilies = spec.ipFamilies.slice(0, 1);
    return [];
  }
  const refuse = (what: string) =>
    invalid(POLICY, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(isFewer(spec.clusterIPs, before.clusterIPs) ? [refuse('cluster IP')] : []),
    ...(isFewer(spec.ipFamilies, before.ipFamilies) ? [refuse('IP family')] : []),
  ];
}

function tooManyForOne({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): FieldError[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  const refuse = (what: string) =>
    invalid(
      POLICY,
      ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPs.length === 2 ? [refuse('cluster IPs')] : []),
    ...(ipFamilies.length === 2 ? [refuse('IP families')] : []),
  ];
}

/** An address that is named says its family, where no family is named. */
function inferFamilies(spec: ServiceSpec, cluster: ClusterFamilies): FieldError[] {
  const named = spec.ipFamilies ?? [];
  const errors: FieldError[] = [];
  for (const [index, text] of (spec.clusterIPs ?? []).entries()) {
    const family = parseIp(text)?.family;
    if (family === undefined || index < named.length) continue;
    if (cluster.serves(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), NAMES[family]];
    else {
      const detail = `${NAMES[family]} is not configured on this cluster`;
      errors.push(invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, detail));
    }
  }
  return errors;
}

function unserved(spec: ServiceSpec, cluster: ClusterFamilies): FieldError[] {
  const isDual = cluster.serves(4) && cluster.serves(6);
  return [
    ...(spec.ipFamilyPolicy === 'RequireDualStack' && !isDual
      ? [invalid(POLICY, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
      : []),
    ...(spec.ipFamilies ?? []).flatMap((name, index) =>
      cluster.serves(familyOf(name))
        ? []
        : [invalid(`spec.ipFamilies[${index}]`, name, 'not configured on this cluster')],
    ),
  ];
}

/** The cluster's family where none is named, and the other one where the policy wants both and `both` can be had. */
function complete(spec: ServiceSpec, primary: IpFamily, both: boolean): void {
  const [first = NAMES[primary], ...rest] = spec.ipFamilies ?? [];
  const isWanted = both && spec.ipFamilyPolicy !== 'SingleStack' && rest.length === 0;
  spec.ipFamilies = [first, ...rest, ...(isWanted ? [NAMES[familyOf(first) === 4 ? 6 : 4]] : [])];
}

function familyOf(name: string): IpFamily {
  return name === 'IPv6' ? 6 : 4;
}

function isSame(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return (a ?? []).join() === (b ?? []).join();
}

/** What is not named at all is no wish for less. */
function isFewer(now: readonly string[] = [], before: readonly string[] = []): boolean {
  return now.length > 0 && now.length < before.length;
}

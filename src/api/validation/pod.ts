/** Rules of a pod's spec, as a Pod or as a template. */
import type { Container, Pod, PodSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { atLeastZero, ipAddress, oneOf, text } from './checks.ts';
import { type ContainerContext, validateContainer } from './container.ts';
import { duplicate, forbidden, invalid, required, tooMany } from './field.ts';
import { validateLabels } from './labels.ts';
import { dnsLabel, dnsSubdomain } from './names.ts';

const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'] as const;
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;

export function validatePod(object: Pod): FieldError[] {
  return validatePodSpec(object.spec, 'spec');
}

/** `at` is the path of the spec: `spec`, or `spec.template.spec`. */
export function validatePodSpec(spec: PodSpec | undefined, at: string): FieldError[] {
  if (spec === undefined) return [required(`${at}.containers`)];
  const { errors, names } = volumes(spec, at);
  const context: ContainerContext = { volumes: names, hostNetwork: spec.hostNetwork === true };
  if ((spec.containers ?? []).length === 0) errors.push(required(`${at}.containers`));
  const taken = new Set<string>();
  errors.push(...containers(spec.containers ?? [], `${at}.containers`, context, taken));
  errors.push(...containers(spec.initContainers ?? [], `${at}.initContainers`, context, taken));
  const policies = ['Always', 'OnFailure', 'Never'];
  errors.push(...oneOf(`${at}.restartPolicy`, spec.restartPolicy ?? '', policies));
  errors.push(...validateDns(spec, at));
  errors.push(...validateLabels(`${at}.nodeSelector`, spec.nodeSelector));
  if (spec.serviceAccountName) {
    errors.push(...text(`${at}.serviceAccountName`, spec.serviceAccountName, dnsSubdomain));
  }
  if (spec.nodeName) errors.push(...text(`${at}.nodeName`, spec.nodeName, dnsSubdomain));
  if (spec.hostname) errors.push(...text(`${at}.hostname`, spec.hostname, dnsLabel));
  if (spec.subdomain) errors.push(...text(`${at}.subdomain`, spec.subdomain, dnsLabel));
  errors.push(...atLeastZero(`${at}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds));
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && deadline < 1) {
    errors.push(invalid(`${at}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  }
  for (const [index, { ip, hostnames = [] }] of (spec.hostAliases ?? []).entries()) {
    errors.push(...ipAddress(`${at}.hostAliases[${index}].ip`, ip ?? ''));
    for (const name of hostnames) errors.push(...text(`${at}.hostAliases[${index}].hostnames`, name, dnsSubdomain));
  }
  return errors;
}

function containers(
  list: readonly Container[],
  at: string,
  context: ContainerContext,
  taken: Set<string>,
): FieldError[] {
  return list.flatMap((container, index) => {
    const errors = validateContainer(container, `${at}[${index}]`, context);
    if (taken.has(container.name)) errors.push(duplicate(`${at}[${index}].name`, container.name));
    taken.add(container.name);
    return errors;
  });
}

function volumes(spec: PodSpec, at: string): { errors: FieldError[]; names: Set<string> } {
  const names = new Set<string>();
  const errors = (spec.volumes ?? []).flatMap((volume, index) => {
    const field = `${at}.volumes[${index}]`;
    const found: FieldError[] = volume.name
      ? text(`${field}.name`, volume.name, dnsLabel)
      : [required(`${field}.name`)];
    if (names.has(volume.name)) found.push(duplicate(`${field}.name`, volume.name));
    names.add(volume.name);
    const sources = Object.keys(volume).filter((member) => member !== 'name');
    for (const source of sources.slice(1)) {
      found.push(forbidden(`${field}.${source}`, 'may not specify more than 1 volume type'));
    }
    return found;
  });
  return { errors, names };
}

function validateDns(spec: PodSpec, at: string): FieldError[] {
  const errors = oneOf(`${at}.dnsPolicy`, spec.dnsPolicy ?? '', DNS_POLICIES);
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    errors.push(
      spec.dnsConfig === undefined
        ? required(`${at}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None')
        : required(`${at}.dnsConfig.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
    );
  }
  if (nameservers.length > MAX_NAMESERVERS) {
    const detail = `must not have more than ${MAX_NAMESERVERS} nameservers`;
    errors.push(invalid(`${at}.dnsConfig.nameservers`, nameservers, detail));
  }
  for (const [index, server] of nameservers.entries()) {
    errors.push(...ipAddress(`${at}.dnsConfig.nameservers[${index}]`, server));
  }
  if (searches.length > MAX_SEARCHES) errors.push(tooMany(`${at}.dnsConfig.searches`, searches.length, MAX_SEARCHES));
  for (const [index, search] of searches.entries()) {
    // A single dot stands for no search at all.
    if (search === '.') continue;
    errors.push(...text(`${at}.dnsConfig.searches[${index}]`, search.replace(/\.$/, ''), dnsSubdomain));
  }
  for (const [index, { name }] of options.entries()) {
    if (!name) errors.push(required(`${at}.dnsConfig.options[${index}]`, 'must not be empty'));
  }
  return errors;
}

/** The environment of a container: Service variables, envFrom, env in order, with `$(NAME)` expanded. */
import type { Container, Pod, Service } from '../../objects/wire.ts';
import { type ConfigSource, ContainerConfigError } from './config-source.ts';
import { fieldValue, type PodPlacement, resourceValue } from './downward.ts';
import { expand } from './expand.ts';
import { serviceEnvironment } from './service-environment.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly hostname: string;
  readonly placement: PodPlacement;
  /** Every Service there is when the container starts. */
  readonly services: readonly Service[];
  readonly source: ConfigSource;
  /** A directory in front of the usual PATH. */
  readonly firstInPath?: string;
}

/** Every variable, later ones over earlier ones. Throws ContainerConfigError for a reference to what is not there. */
export async function containerEnvironment(input: EnvironmentInput): Promise<Record<string, string>> {
  const { pod, container, hostname, services, source } = input;
  const namespace = pod.metadata?.namespace ?? 'default';
  const own: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef;
    if (reference === undefined) continue;
    const data = await (configMapRef === undefined ? source.secret : source.configMap)(namespace, reference.name ?? '');
    if (data === undefined) {
      if (reference.optional === true) continue;
      throw new ContainerConfigError(
        `${configMapRef === undefined ? 'secret' : 'configmap'} "${reference.name}" not found`,
      );
    }
    for (const [key, value] of Object.entries(data)) own[prefix + key] = value.toString();
  }
  const links = serviceEnvironment(services, namespace, pod.spec?.enableServiceLinks ?? true);
  const known = { ...links, ...own };
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined ? expand(variable.value ?? '', known) : await referredValue(input, variable);
    if (value === undefined) continue;
    own[variable.name] = value;
    known[variable.name] = value;
  }
  const path = input.firstInPath === undefined ? PATH : `${input.firstInPath}:${PATH}`;
  return { PATH: path, HOSTNAME: hostname, HOME: '/root', ...links, ...own };
}

type Variable = NonNullable<Container['env']>[number];

/** The value a variable refers to; undefined for an optional reference to nothing. */
async function referredValue(
  { pod, container, placement, source }: EnvironmentInput,
  variable: Variable,
): Promise<string | undefined> {
  const namespace = pod.metadata?.namespace ?? 'default';
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom!;
  if (fieldRef !== undefined) return fieldValue(pod, fieldRef.fieldPath, placement);
  if (resourceFieldRef !== undefined) {
    const of = resourceFieldRef.containerName ?? container.name;
    const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    const subject = all.find(({ name }) => name === of) ?? container;
    return resourceValue(subject, resourceFieldRef.resource, resourceFieldRef.divisor, placement);
  }
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined) return '';
  const isSecret = configMapKeyRef === undefined;
  const data = await (isSecret ? source.secret : source.configMap)(namespace, reference.name ?? '');
  const value = data === undefined || !Object.hasOwn(data, reference.key) ? undefined : data[reference.key]!.toString();
  if (value !== undefined || reference.optional === true) return value;
  const kind = isSecret ? 'secret' : 'configmap';
  const noun = isSecret ? 'Secret' : 'ConfigMap';
  throw new ContainerConfigError(
    data === undefined
      ? `${kind} "${reference.name}" not found`
      : `couldn't find key ${reference.key} in ${noun} ${namespace}/${reference.name}`,
  );
}

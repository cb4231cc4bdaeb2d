/** The variables that tell a container of the Services that existed when it started (`WEB_SERVICE_HOST`, …). Pure. */
import type { Service } from '../../objects/wire.ts';

/**
 * Variables of the Services of the pod's namespace, and always those of `default/kubernetes`. With
 * `enableServiceLinks: false` only the latter. Headless Services and those without a cluster IP have none.
 */
export function serviceEnvironment(
  services: readonly Service[],
  namespace: string,
  enableServiceLinks = true,
): Record<string, string> {
  const variables: Record<string, string> = {};
  const isMaster = ({ metadata }: Service) => metadata?.namespace === 'default' && metadata.name === 'kubernetes';
  const chosen = services.filter(
    (service) => isMaster(service) || (enableServiceLinks && service.metadata?.namespace === namespace),
  );
  // The namespace's own wins over default/kubernetes when both have the name.
  for (const service of chosen.sort((a, b) => Number(isMaster(b)) - Number(isMaster(a)))) {
    Object.assign(variables, variablesOf(service));
  }
  return variables;
}

function variablesOf({ metadata, spec }: Service): Record<string, string> {
  const host = spec?.clusterIP;
  const ports = spec?.ports ?? [];
  if (host === undefined || host === '' || host === 'None' || ports.length === 0) return {};
  const prefix = variableName(metadata?.name ?? '');
  const variables: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: host,
    [`${prefix}_SERVICE_PORT`]: String(ports[0]!.port),
  };
  for (const { name, port } of ports) {
    if (name !== undefined && name !== '') variables[`${prefix}_SERVICE_PORT_${variableName(name)}`] = String(port);
  }
  const shown = host.includes(':') ? `[${host}]` : host;
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${shown}:${port}`;
    const portPrefix = `${prefix}_PORT_${port}_${protocol}`;
    if (index === 0) variables[`${prefix}_PORT`] = url;
    variables[portPrefix] = url;
    variables[`${portPrefix}_PROTO`] = protocol.toLowerCase();
    variables[`${portPrefix}_PORT`] = String(port);
    variables[`${portPrefix}_ADDR`] = host;
  }
  return variables;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

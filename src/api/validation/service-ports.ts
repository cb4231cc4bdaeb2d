/** Rules of a Service's ports. */
import type { ServicePort, ServiceSpec } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { oneOf, PROTOCOLS, port, portOrName, text } from './checks.ts';
import { duplicate, forbidden, required } from './field.ts';
import { dnsLabel, qualifiedName } from './names.ts';

/** Each port by itself, then names, node ports and (protocol, port) pairs against each other. */
export function validateServicePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  const errors = ports.flatMap((entry, index) => servicePort(entry, `spec.ports[${index}]`, ports.length > 1, names));
  if (spec.type === 'ClusterIP') {
    for (const [index, { nodePort }] of ports.entries()) {
      if (nodePort)
        errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  errors.push(
    ...repeated(ports, ({ protocol, nodePort }) => (nodePort ? `${protocol}/${nodePort}` : undefined)).map((index) =>
      duplicate(`spec.ports[${index}].nodePort`, ports[index]?.nodePort),
    ),
    ...repeated(ports, ({ protocol, port: number }) => `${protocol}/${number}`).map((index) =>
      duplicate(`spec.ports[${index}]`, { port: ports[index]?.port, protocol: ports[index]?.protocol }),
    ),
  );
  return errors;
}

function servicePort(entry: ServicePort, at: string, nameRequired: boolean, names: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  if (entry.name) {
    errors.push(...text(`${at}.name`, entry.name, dnsLabel));
    if (names.has(entry.name)) errors.push(duplicate(`${at}.name`, entry.name));
    names.add(entry.name);
  } else if (nameRequired) errors.push(required(`${at}.name`));
  errors.push(...port(`${at}.port`, entry.port ?? 0));
  errors.push(...oneOf(`${at}.protocol`, entry.protocol ?? 'TCP', PROTOCOLS));
  errors.push(...portOrName(`${at}.targetPort`, entry.targetPort ?? 0));
  if (entry.appProtocol !== undefined) errors.push(...text(`${at}.appProtocol`, entry.appProtocol, qualifiedName));
  return errors;
}

/** Places of the entries whose key an earlier one has. */
function repeated(ports: readonly ServicePort[], key: (entry: ServicePort) => string | undefined): number[] {
  const seen = new Set<string>();
  return ports.flatMap((entry, index) => {
    const found = key(entry);
    if (found === undefined) return [];
    if (seen.has(found)) return [index];
    seen.add(found);
    return [];
  });
}
